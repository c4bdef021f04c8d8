/** A client that does nothing by itself but decode: for tests that want to see and send each message. */
import { createPrivateKey, sign } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { codecs } from '../../protocol/codec.ts'
import {
  logonText,
  type Message,
  type MessageName,
  type OutgoingMessage,
  subprotocols,
} from '../../protocol/messages.ts'

type Encoding = keyof typeof codecs

/** How long a test waits for what must come. */
const deadlineMs = 10_000

export class WireClient {
  /** Messages that were not taken yet. */
  readonly inbox: Message[] = []
  /** How the connection ended. */
  readonly closed: Promise<{ code: number; reason: string }>
  private readonly socket: WebSocket
  private readonly encoding: Encoding
  private wake = () => {}

  private constructor(socket: WebSocket, encoding: Encoding) {
    this.socket = socket
    this.encoding = encoding
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    socket.on('error', () => {})
    socket.on('message', (data: Buffer, isBinary) => {
      this.inbox.push(...codecs[encoding].decode(isBinary ? data : data.toString()))
      this.wake()
    })
  }

  /** Connects; the challenge is the first message. */
  static async connect(url: string, encoding: Encoding = 'msgpack'): Promise<WireClient> {
    const socket = new WebSocket(url, subprotocols[encoding])
    const client = new WireClient(socket, encoding)
    await once(socket, 'open')
    return client
  }

  /** Connects and logs on with the key that the engine made; resolves with the answer. */
  static async logOn(
    url: string,
    dataFolder: string,
    participant: string,
    options: Partial<OutgoingMessage<'logon'>> & { encoding?: Encoding } = {},
  ): Promise<{ client: WireClient; result: Message<'logonResult'> }> {
    const { encoding, ...fields } = options
    const client = await WireClient.connect(url, encoding)
    const { nonce } = await client.next('challenge')
    client.send(signedLogon(nonce, dataFolder, participant, fields))
    return { client, result: await client.next('logonResult') }
  }

  /** Sends the messages in one frame. */
  send(...messages: OutgoingMessage[]): void {
    this.socket.send(codecs[this.encoding].encode(...messages))
  }

  /** Sends a frame as it is: text if it is a string. */
  sendFrame(frame: Uint8Array | string): void {
    this.socket.send(frame)
  }

  /**
   * Takes the next message of a type, passing over others.
   * @throws Error if none comes in time
   */
  async next<Name extends MessageName>(name: Name): Promise<Message<Name>> {
    const timeout = setTimeout(() => this.wake(), deadlineMs)
    const begun = performance.now()
    try {
      for (;;) {
        const index = this.inbox.findIndex(({ type }) => type === name)
        if (index >= 0) return this.inbox.splice(0, index + 1).at(-1) as Message<Name>
        if (performance.now() - begun >= deadlineMs) throw new Error(`no ${name} came within ${deadlineMs} ms`)
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
      }
    } finally {
      clearTimeout(timeout)
    }
  }

  /** Takes the next `count` messages of a type. */
  async nextOf<Name extends MessageName>(name: Name, count: number): Promise<Message<Name>[]> {
    const messages: Message<Name>[] = []
    while (messages.length < count) messages.push(await this.next(name))
    return messages
  }

  /** Stops reading what comes; `resume` goes on. */
  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  /** Closes and waits until the other side knows. */
  async close(): Promise<void> {
    this.socket.close()
    await this.closed
  }

  /** Cuts the connection without a word. */
  terminate(): void {
    this.socket.terminate()
  }
}

/** A logon for a session `main` whose private key is in the engine's data folder. */
export function signedLogon(
  nonce: string,
  dataFolder: string,
  participant: string,
  fields: Partial<OutgoingMessage<'logon'>> = {},
): OutgoingMessage<'logon'> {
  const session = fields.session ?? 'main'
  const key = createPrivateKey(readFileSync(join(dataFolder, 'keys', `${participant}.${session}.key`)))
  const signature = sign(null, Buffer.from(logonText(nonce, participant, session)), key).toString('base64')
  return { type: 'logon', participant, session, signature, ...fields }
}
