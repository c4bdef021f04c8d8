/** The checker finds what is wrong: evidence of a real run is tampered with, and each fault is told as what it is. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { decodeMessagePack } from '../../protocol/codec.ts'
import type { Message } from '../../protocol/messages.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { Audit } from './audit.ts'
import { CrashRun } from './crash-run.ts'
import { clientSetups, marketDataName } from './exchange.ts'
import type { LoggedCommand } from './journal-files.ts'
import { changeLog, changeTold } from './tampering.ts'
import type { Invariant } from './violations.ts'

const run = new CrashRun({ kills: 3, seed: 20_261_121 })
/** Has plain orders, and keeps its record from the beginning. */
const client = 'alpha.main'
const dropCopyClient = 'alpha.second'
let copy: string

beforeAll(async () => {
  await run.run()
  expect(run.violations).toEqual([])
  await run.end()
}, 120_000)

beforeEach(() => {
  copy = temporaryFolder()
  for (const folder of ['data', 'records']) cpSync(join(run.folder, folder), join(copy, folder), { recursive: true })
  return () => rmSync(copy, { recursive: true })
})

afterAll(() => run.clean())

const journal = () => join(copy, 'data', 'journal')
const archive = () => join(copy, 'data', 'archive')
const record = (name: string) => join(copy, 'records', name)

function newAudit(): Audit {
  const sessions = clientSetups.flatMap((setup) => setup.sessions)
  return new Audit({ journal: [journal(), archive()], records: join(copy, 'records'), sessions })
}

async function found(audit = newAudit()): Promise<Set<Invariant>> {
  audit.gather()
  await audit.examine()
  audit.checkPast()
  return new Set(audit.violations.map(({ invariant }) => invariant))
}

/** Index of the first new order of a session. */
function indexOfOrder(commands: readonly LoggedCommand[], of: number): number {
  return commands.findIndex(({ session, message }) => {
    return session === of && decodeMessagePack(message).type === 'newOrder'
  })
}

/** Changes the second message of a type, of those that fit, that a client was told. */
function changeSecond<Type extends Message['type']>(
  name: string,
  type: Type,
  change: (message: Message<Type>) => readonly Message[],
  fits: (message: Message<Type>) => boolean = () => true,
): void {
  let count = 0
  changeTold(record(name), 'msgpack', (message) => {
    if (message.type !== type || !fits(message as Message<Type>)) return [message]
    count += 1
    return count === 2 ? change(message as Message<Type>) : [message]
  })
  expect(count).toBeGreaterThanOrEqual(2)
}

it('nothing in evidence as it is', async () => {
  expect(await found()).toEqual(new Set())
})

it('I1: a client was told of commands that the end of the log has not', async () => {
  await changeLog(journal(), archive(), (commands) => commands.slice(0, -50))
  expect(await found()).toContain('I1')
})

it('I1: a byte of the journal changed after it was read', async () => {
  const audit = newAudit()
  expect(await found(audit)).toEqual(new Set())
  const path = join(journal(), readdirSync(journal()).sort()[0])
  const bytes = readFileSync(path)
  bytes[1_000] ^= 1
  writeFileSync(path, bytes)
  expect(await found(audit)).toEqual(new Set(['I1']))
})

it('I2: a command is in the log twice and was sent once', async () => {
  await changeLog(journal(), archive(), (commands) => {
    const index = indexOfOrder(commands, 1)
    return commands.toSpliced(index, 0, commands[index])
  })
  expect(await found()).toContain('I2')
})

it('I2: a client was answered twice', async () => {
  changeSecond(client, 'accepted', (accepted) => [accepted, { ...accepted, eventNumber: accepted.eventNumber + 1 }])
  expect(await found()).toContain('I2')
})

it('I3: the engine told another hash than that of the log', async () => {
  const audit = newAudit()
  audit.expectHash(100, '0123456789abcdef', 'the recovered state')
  expect(await found(audit)).toEqual(new Set(['I3']))
})

it('I4: a position at a logon is not what was traded', async () => {
  changeSecond(client, 'position', (position) => [{ ...position, positionLots: position.positionLots + 1 }])
  expect(await found()).toEqual(new Set(['I4']))
})

it('I4: positions do not sum up to zero', async () => {
  const audit = newAudit()
  expect(await found(audit)).toEqual(new Set())
  audit.replay.naive.state.accounts[0].positionLots += 1
  expect(await found(audit)).toContain('I4')
})

it('I5: a fill is told with one lot more', async () => {
  changeSecond(client, 'filled', (fill) => [{ ...fill, quantityLots: fill.quantityLots + 1 }])
  expect(await found()).toEqual(new Set(['I5']))
})

it('I6: an event was not told', async () => {
  changeSecond(client, 'accepted', () => [])
  expect(await found()).toContain('I6')
})

it('I6: an order has another id than in the log', async () => {
  changeSecond(client, 'accepted', (accepted) => [{ ...accepted, orderId: accepted.orderId + 1 }])
  expect(await found()).toEqual(new Set(['I6']))
})

it('I6: one event of a drop copy was not told', async () => {
  let count = 0
  let isNext = false
  changeTold(record(dropCopyClient), 'json', (message) => {
    const isLeftOut = isNext
    isNext = false
    if (isLeftOut) return []
    if (message.type !== 'dropCopy') return [message]
    count += 1
    isNext = count === 5
    return [isNext ? { ...message, eventCount: message.eventCount - 1 } : message]
  })
  expect(count).toBeGreaterThanOrEqual(5)
  expect(await found()).toEqual(new Set(['I6']))
})

it('I7: the best bid is told at the price of the best ask', async () => {
  const crossed = (top: Message<'top'>) => [{ ...top, bidPriceTicks: top.askPriceTicks }]
  const hasSpread = ({ bidPriceTicks, askPriceTicks }: Message<'top'>) =>
    bidPriceTicks > 0 && bidPriceTicks < askPriceTicks
  changeSecond(marketDataName, 'top', crossed, hasSpread)
  expect(await found()).toEqual(new Set(['I7']))
})

it('I8: a trade is told that is not in the log', async () => {
  changeSecond(marketDataName, 'trades', (message) => {
    const forged = { ...message.trades[0], tradeId: message.trades.at(-1)!.tradeId + 1 }
    return [{ ...message, trades: [...message.trades, forged] }]
  })
  expect(await found()).toEqual(new Set(['I8']))
})

it('I8: a command is in the log that nobody sent', async () => {
  await changeLog(journal(), archive(), (commands) => {
    const index = indexOfOrder(commands, 1)
    const { message } = commands[indexOfOrder(commands, 2)]
    return commands.with(index, { ...commands[index], message })
  })
  expect(await found()).toContain('I8')
})
