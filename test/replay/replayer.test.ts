/** Replays made-up recordings against the exchange over two connections that race each other. */
import { rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { InstrumentGrid } from '../../bots/traders/lobster/instrument-grid.ts'
import { toMarketRow } from '../../bots/traders/lobster/market-row.ts'
import { readRecording } from '../../bots/traders/lobster/recording.ts'
import type { ReplayTally } from '../../bots/traders/lobster/replay-tally.ts'
import { Replayer } from '../../bots/traders/lobster/replayer.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { instrument, instrumentRow, RacingVenue } from './racing-venue.ts'
import { SyntheticRecording } from './synthetic-recording.ts'

let folder: string

beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

async function replay(
  recording: SyntheticRecording,
  venue: RacingVenue,
  onRow: (line: number) => void = () => {},
): Promise<ReplayTally> {
  const replayer = new Replayer(venue.resting, venue.aggressor, instrument)
  venue.resting.onEvent = (event) => replayer.onRestingEvent(event)
  venue.aggressor.onEvent = (event) => replayer.onAggressorEvent(event)
  const grid = new InstrumentGrid(instrumentRow.tickSize, instrumentRow.lotSize)
  for await (const block of readRecording(recording.write(folder))) {
    for (const recorded of block) {
      const row = toMarketRow(recorded, grid)
      if (!replayer.isReadyFor(row)) await replayer.makeReadyFor(row)
      if (replayer.send(row)) await replayer.settle()
      onRow(row.line)
    }
  }
  await replayer.finish()
  return replayer.tally
}

describe('a replay of a recording that keeps price and time', () => {
  test.each([
    { levels: 1, seed: 1 },
    { levels: 1, seed: 2 },
    { levels: 3, seed: 3 },
    { levels: 10, seed: 4 },
  ])('fills every known order exactly and equals every book row ($levels levels)', async ({ levels, seed }) => {
    const recording = new SyntheticRecording({ seed, levels, rows: 1_500, outOfTurn: 0 })
    const tally = await replay(recording, new RacingVenue(seed))
    const rows = recording.messageLines.length
    expect(recording.knownExecutions).toBeGreaterThan(100)
    expect(tally).toMatchObject({
      rows,
      executionsChecked: recording.knownExecutions,
      executionsExact: recording.knownExecutions,
      bookRowsChecked: rows - 1,
      bookRowsEqual: rows - 1,
      reseededLevels: 0,
      deviations: [],
      skippedRows: { hiddenExecution: recording.hiddenExecutions, halt: recording.halts, unknownOrder: 0 },
    })
  })
})

describe('a replay of a recording in which orders trade out of their turn', () => {
  test.each([
    { levels: 1, seed: 5 },
    { levels: 5, seed: 6 },
  ])('finds each of them, puts its level right and stays equal ($levels levels)', async ({ levels, seed }) => {
    const recording = new SyntheticRecording({ seed, levels, rows: 1_500, outOfTurn: 0.05 })
    const tally = await replay(recording, new RacingVenue(seed))
    const { outOfTurnLines, knownExecutions } = recording
    expect(outOfTurnLines.length).toBeGreaterThan(3)
    expect(tally).toMatchObject({
      executionsChecked: knownExecutions,
      executionsExact: knownExecutions - outOfTurnLines.length,
      bookRowsEqual: recording.messageLines.length - 1,
    })
    expect(tally.deviations.map(({ line }) => line)).toEqual(outOfTurnLines.slice(0, 10))
  })
})

describe('a replay that does not have the book to itself', () => {
  test('ends when somebody else trades with its orders', async () => {
    const recording = new SyntheticRecording({ seed: 7, levels: 1, rows: 400, outOfTurn: 0 })
    const venue = new RacingVenue(7)
    const replaying = replay(recording, venue, (line) => {
      if (line !== 200) return
      const priceTicks = venue.exchange.bestPriceTicks(instrument, 1)
      venue.intruder.newOrder({ instrument, side: 'sell', quantityLots: 1, priceTicks })
    })
    await expect(replaying).rejects.toThrow('someone else trades in this instrument')
  })
})
