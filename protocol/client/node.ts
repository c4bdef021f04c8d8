/** What the client needs of its platform, for Node: WebSockets from `ws`, and signatures by a key from a file. */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { WebSocket } from 'ws'
import { limits } from '../limits.ts'
import type { WebSocketLike } from './web-socket.ts'

/** How long an attempt to connect may take. */
const handshakeTimeoutMs = 5_000

/** Opens a WebSocket with `ws`. */
export function openWebSocket(url: string, subprotocol: string): WebSocketLike {
  return new WebSocket(url, subprotocol, {
    perMessageDeflate: false,
    handshakeTimeout: handshakeTimeoutMs,
    // The engine may send everything that it holds for a connection at once.
    maxPayload: limits.maxUnsentBytes,
  }) as unknown as WebSocketLike
}

/**
 * A signer that uses the Ed25519 private key of a PEM file.
 * @throws Error in one line, if the file cannot be read or holds no such key
 */
export function signerFromKeyFile(keyFile: string): (text: string) => string {
  let pem: string
  try {
    pem = readFileSync(keyFile, 'utf8')
  } catch (error) {
    throw new Error(`cannot read key file ${keyFile} (${(error as NodeJS.ErrnoException).code})`)
  }
  return signerFromPem(pem, keyFile)
}

/** The same for a key in PEM form; `source` names it in errors. */
export function signerFromPem(pem: string, source: string): (text: string) => string {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw new Error(`${source} is not a private key in PEM form`)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${source} is not an Ed25519 key`)
  return (text) => sign(null, Buffer.from(text), key).toString('base64')
}
