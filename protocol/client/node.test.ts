import { generateKeyPairSync, verify } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { messagePackCodec } from '../codec.ts'
import { logonText } from '../messages.ts'
import { FakeEngine } from './fake-engine.ts'
import { serveFakeEngine } from './fake-engine-server.ts'
import { openWebSocket, signerFromKeyFile } from './node.ts'
import { ClientSession } from './session.ts'

const folder = temporaryFolder()
afterAll(() => rmSync(folder, { recursive: true }))

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const keyFile = join(folder, 'maker-1.main.key')
beforeAll(() => writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' })))

test('a key file signs logons that its public key verifies', () => {
  const text = logonText('nonce', 'maker-1', 'main')
  const signature = Buffer.from(signerFromKeyFile(keyFile)(text), 'base64')
  expect(verify(null, Buffer.from(text), publicKey, signature)).toBe(true)
})

test('a key file that is missing, no key, or of another kind is named in one line', () => {
  const missing = join(folder, 'missing.key')
  expect(() => signerFromKeyFile(missing)).toThrow(`cannot read key file ${missing} (ENOENT)`)
  const text = join(folder, 'text.key')
  writeFileSync(text, 'not a key')
  expect(() => signerFromKeyFile(text)).toThrow(`${text} is not a private key in PEM form`)
  const rsa = join(folder, 'rsa.key')
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(rsa, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  expect(() => signerFromKeyFile(rsa)).toThrow(`${rsa} is not an Ed25519 key`)
})

test('a session works over a real socket', async () => {
  const server = await serveFakeEngine(new FakeEngine())
  const answers: string[] = []
  const session = new ClientSession(
    { url: server.url, participant: 'maker-1', session: 'main', sign: signerFromKeyFile(keyFile), openWebSocket },
    { onAnswer: (_, answer) => answers.push(answer.type) },
  )
  await session.connect()
  session.newOrder({ instrument: 1, side: 'sell', quantityLots: 1, priceTicks: 101 })
  expect(await session.close(true)).toBe(true)
  expect(answers).toEqual(['accepted', 'massCancelled'])
  expect(server.subprotocols).toEqual([messagePackCodec.subprotocol])
  await server.close()
})

test('a port where nobody listens is named in one line', async () => {
  const server = await serveFakeEngine(new FakeEngine())
  const { url } = server
  await server.close()
  const session = new ClientSession({ url, participant: 'a', session: 'b', sign: () => '', openWebSocket })
  await expect(session.connect()).rejects.toThrow(`cannot reach ${url}: connect ECONNREFUSED 127.0.0.1:`)
})
