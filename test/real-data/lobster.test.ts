/**
 * Replays recorded days of NASDAQ order flow through a real engine. The recordings are not part of this project: where they
 * are not at hand, in a folder beside the working copy, these tests are skipped and say so.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ReplayRun } from '../replay/replay-run.ts'
import { EngineProcess } from '../support/engine-process.ts'

const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'lobster')
const areAtHand = existsSync(join(folder, 'AMZN_message_1.csv'))
const note = areAtHand ? '' : ` (skipped: no recordings in ${folder})`

const recordings = [
  {
    instrument: 'AAPL',
    messageFile: 'AAPL_first1000_message_10.csv',
    orderbookFile: 'AAPL_first1000_orderbook_10.csv',
    expected: { rows: 999, executionsChecked: 90, bookRowsChecked: 998, bookRowsEqual: 998 },
    executionsExact: 90,
  },
  {
    instrument: 'AMZN',
    messageFile: 'AMZN_message_1.csv',
    orderbookFile: 'AMZN_orderbook_1.csv',
    expected: { rows: 57_515, executionsChecked: 4_482, bookRowsChecked: 57_514, bookRowsEqual: 57_514 },
    // Eight depart from price and time in the data itself; a venue that kept to both could not fill them.
    executionsExact: 4_474,
  },
]

describe.skipIf(!areAtHand)(`a recorded day through the engine${note}`, () => {
  let engine: EngineProcess

  beforeAll(() => {
    engine = new EngineProcess({ logMode: 'memory' })
    return engine.start()
  })
  afterAll(async () => {
    expect(await engine.stop()).toBe(0)
    await engine.clean()
  })

  test.each(recordings)(
    '$instrument: every book row equals, and the executions of known orders are exact but for the recorded departures',
    async ({ instrument, messageFile, orderbookFile, expected, executionsExact }) => {
      const files = { messageFile: join(folder, messageFile), orderbookFile: join(folder, orderbookFile) }
      const run = new ReplayRun(engine, files, instrument, '--json')
      expect(await run.ended(), run.errors).toBe(0)
      expect(run.json).toMatchObject(expected)
      expect(run.json.executionsExact).toBe(executionsExact)
    },
    120_000,
  )
})
