/**
 * A fixed file of commands of every kind, and what the exchange made of them when it was written. A line is one
 * command: microseconds since the one before, session, then the message as it is on the wire.
 *
 * Run as a program it writes both files anew: to be done by whoever changes a rule of the market, a message, or what
 * the state's hash is made of, on purpose. If only the last of these changed, the events stay as they were.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { EventBuffer, Exchange } from '../../engine/core/index.ts'
import { applyStream, commandStream, type StreamCommand } from '../../engine/core/stream-fixture.ts'
import { fromArray, toArray } from '../../protocol/codec.ts'

const commandsFile = new URL('commands.jsonl', import.meta.url)
const resultFile = new URL('commands.result.json', import.meta.url)
const seed = 1_120
const commandCount = 4_000

export interface ReplayResult {
  readonly commands: number
  /** SHA-256 of all events in their order: 64-bit numbers, the lowest byte first. */
  readonly eventsHash: string
  readonly stateHash: string
}

export function readCommands(): StreamCommand[] {
  const lines = readFileSync(commandsFile, 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const [afterUs, session, ...message] = JSON.parse(line)
    return { afterUs, session, message: fromArray(message) as StreamCommand['message'] }
  })
}

export function readResult(): ReplayResult {
  return JSON.parse(readFileSync(resultFile, 'utf8'))
}

/** Applies commands to a new exchange, which goes through an image whenever as many of them as said are done. */
export function replay(commands: readonly StreamCommand[], ...imagesAfter: number[]): ReplayResult {
  const hash = createHash('sha256')
  let exchange = new Exchange()
  let begin = 0
  for (const end of [...imagesAfter, commands.length]) {
    const out = new EventBuffer()
    applyStream(exchange, commands.slice(begin, end), out)
    hash.update(new Uint8Array(out.data.buffer, 0, out.length * 8))
    if (end < commands.length) exchange = Exchange.fromImage(exchange.image())
    begin = end
  }
  return { commands: commands.length, eventsHash: hash.digest('hex'), stateHash: exchange.stateHash() }
}

if (import.meta.main) {
  const commands = commandStream(seed, commandCount)
  // MessagePack has large numbers as 64-bit integers, JSON has none.
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)
  const lines = commands.map(({ afterUs, session, message }) =>
    JSON.stringify([afterUs, session, ...toArray(message)], plain),
  )
  writeFileSync(commandsFile, `${lines.join('\n')}\n`)
  writeFileSync(resultFile, `${JSON.stringify(replay(commands), null, 2)}\n`)
}
