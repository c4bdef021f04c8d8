/** What is checked once, when a simulation is over: the log as it lies on the disk, and the naive exchange's opinion of it. */
import { CommandPlayer } from '../../engine/command-player.ts'
import { EventBuffer, Exchange } from '../../engine/core/index.ts'
import { readJournal } from '../../engine/log/journal-reader.ts'
import { brokenInvariant } from '../property/invariants.ts'
import { NaiveExchange } from '../property/naive-exchange.ts'
import type { SimulatedDisk } from './disk.ts'
import { instrumentDefinitions, participantLimits, sessions } from './exchange-setup.ts'
import type { Plan } from './faults.ts'
import type { Oracle } from './oracle.ts'
import { plainStorage } from './plain-storage.ts'

const setup = {
  instruments: instrumentDefinitions,
  participants: participantLimits,
  sessions: sessions.map(({ participant }) => ({ participant, selfTradePrevention: 'cancelNewest' as const })),
}

/** @param hasGap whether segments were deleted on purpose, maybe after others had been archived */
export function checkAtTheEnd(oracle: Oracle, disk: SimulatedDisk, { isNaive }: Plan, hasGap: boolean): void {
  checkLog(oracle, disk, hasGap)
  const { exchange } = oracle.reference
  const broken = brokenInvariant(exchange, setup)
  if (broken !== undefined) oracle.violated(/crossed/.test(broken) ? 'I7' : 'I4', broken)
  if (isNaive) compareWithNaive(oracle)
}

/** Every command that was acknowledged is on the disk as it was written, unless its segment was given away on purpose. */
function checkLog(oracle: Oracle, disk: SimulatedDisk, hasGap: boolean): void {
  let last = 0
  try {
    readJournal(plainStorage(disk, 'journal', hasGap ? ['archive'] : []), (record) => {
      last = record.sequence
      const written = oracle.records[record.sequence - 1]
      const isSame =
        written !== undefined &&
        written.timeUs === record.timeUs &&
        written.session === record.session &&
        Buffer.compare(written.bytes, record.bytes.subarray(record.start, record.end)) === 0
      if (!isSame) oracle.violated('I1', `command ${record.sequence} is another one on the disk than was written`)
    })
  } catch (error) {
    oracle.violated('availability', `the log cannot be read: ${(error as Error).message}`)
  }
  if (last < oracle.durableSequence) {
    oracle.violated('I1', `the log on the disk ends with command ${last}, ${oracle.durableSequence} was acknowledged`)
  }
}

/** The same commands have the same effects in the exchange that is written to be believed. */
function compareWithNaive(oracle: Oracle): void {
  const [real, naive] = [new Exchange(64), new NaiveExchange()]
  const players = [new CommandPlayer(real), new CommandPlayer(naive)]
  const events = [new EventBuffer(64), new EventBuffer(64)]
  for (const record of oracle.records.slice(0, oracle.durableSequence)) {
    players.forEach((player, index) => {
      events[index].clear()
      player.play(record, events[index])
    })
    const [one, other] = events
    let isSame = one.length === other.length
    for (let at = 0; isSame && at < one.length; at += 1) isSame = one.data[at] === other.data[at]
    if (isSame) continue
    oracle.violated('I5', `command ${record.sequence} has other effects in the naive exchange`)
    return
  }
  const broken = brokenInvariant(naive, setup)
  if (broken !== undefined) oracle.violated('I5', `the naive exchange: ${broken}`)
}
