/** README.md is the specification: its tables, its worked signature and its bytes must be what the code does. */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { decodeMulti } from '@msgpack/msgpack'
import { describe, expect, it } from 'vitest'
import { fromArray, jsonCodec, messagePackCodec } from './codec.ts'
import { describe as describeProtocol } from './describe.ts'
import { encodeAccepted } from './event-codec.ts'
import { beginBookUpdate, encodeLevelChange } from './market-data-codec.ts'
import { logonText } from './messages.ts'
import { WireWriter } from './wire.ts'

const readme = readFileSync(path.join(import.meta.dirname, 'README.md'), 'utf8')

/** Every pair of a JSON block and the hex block that follows it. */
const examples = [...readme.matchAll(/```json\n([^`]*)```\n\n```hex\n([^`]*)```/g)].map(([, json, hex]) => ({
  json: json.trim(),
  bytes: Buffer.from(
    hex
      .split('\n')
      .map((line) => line.split(/ {2,}/)[0].replaceAll(' ', ''))
      .join(''),
    'hex',
  ),
}))

describe('protocol/README.md', () => {
  it('has the tables that the code has; if not, `npm run describe` writes them', () => {
    expect(readme).toBe(describeProtocol(readme))
  })

  it('shows the signature that its key gives for its logon text', () => {
    const cell = (row: string) => readme.match(new RegExp(`\\| ${row} \\| (.*) \\|`))![1].replaceAll('`', '')
    const keyHead = Buffer.from('302e020100300506032b657004220420', 'hex')
    const seed = Buffer.from(cell('private key \\(seed\\), hex'), 'hex')
    const privateKey = createPrivateKey({ key: Buffer.concat([keyHead, seed]), format: 'der', type: 'pkcs8' })
    const publicKey = createPublicKey(privateKey)
    const [participant, session] = cell('participant, session').split(', ')
    const text = logonText(cell('nonce'), participant, session)
    const signature = cell('signature, base64')

    expect(JSON.stringify(text)).toBe(cell('text to sign, as a JSON string'))
    expect(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex')).toBe(
      cell('public key, hex'),
    )
    expect(sign(null, Buffer.from(text), privateKey).toString('base64')).toBe(signature)
    expect(verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64'))).toBe(true)
    expect(readme).toContain(`"signature":"${signature}"`)
  })

  it('shows four byte examples', () => {
    expect(examples).toHaveLength(4)
  })

  it.each(examples)('shows bytes that mean the same as the JSON beside them: $json', ({ json, bytes }) => {
    const expected = jsonCodec.decode(json)
    expect(messagePackCodec.decode(bytes)).toEqual(expected)
    // Another implementation of MessagePack reads the same, here and in what the codec writes.
    expect([...decodeMulti(bytes)].map(fromArray)).toEqual(expected)
    expect([...decodeMulti(messagePackCodec.encode(...expected) as Uint8Array)].map(fromArray)).toEqual(expected)
  })

  it('shows an event and a book update byte for byte as the engine writes them', () => {
    const writer = new WireWriter(128)
    const written = () => Buffer.from(writer.bytes.subarray(0, writer.position)).toString('hex')
    encodeAccepted(writer, 12, 70_000, 1_790_000_000_000_000, 7, 301, 1, 1, 1, 1, 100, 10_050, 0, 0, 0)
    expect(written()).toBe(examples[1].bytes.toString('hex'))

    writer.position = 0
    beginBookUpdate(writer, 1, 69_990, 70_000, 1_790_000_000_000_000, 2)
    encodeLevelChange(writer, 1, 10_050, 350, 3)
    encodeLevelChange(writer, 2, 10_060, 0, 0)
    expect(written()).toBe(examples[2].bytes.toString('hex'))
  })
})
