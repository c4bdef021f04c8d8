/** A replay from beginning to end: checks the files, opens the sessions, starts from an empty book, replays, cleans up. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Row } from '../../../protocol/messages.ts'
import { pickInstruments } from '../../runtime/instruments.ts'
import { InstrumentGrid } from './instrument-grid.ts'
import { type MarketRow, toMarketRow } from './market-row.ts'
import { ReplayError } from './order-entry.ts'
import { Allowance, RecordedTime } from './pace.ts'
import { PublishedBook } from './published-book.ts'
import { checkRecording, type RecordingFiles, readRecording } from './recording.ts'
import { ReplaySession } from './replay-session.ts'
import type { ReplayTally } from './replay-tally.ts'
import { Replayer } from './replayer.ts'

/** Rows between two comparisons of the recorded book with the one that the engine publishes. */
const rowsBetweenCheckpoints = 5_000

export interface ReplayOptions {
  readonly files: RecordingFiles
  /** Symbol of the instrument. */
  readonly instrument: string
  readonly url: string
  /** Folder whose `keys` folder holds the sessions' keys. */
  readonly dataFolder: string
  /** Names of the two participants. */
  readonly resting: string
  readonly aggressor: string
  /** How many times as fast as recorded; as fast as answers allow if undefined. */
  readonly speed: number | undefined
  /** Ends the replay early, in good order. */
  readonly signal: AbortSignal
  /** Called before the first row is sent. The tally goes on counting while the replay runs. */
  onStart(totalRows: number, tally: ReplayTally): void
}

export interface ReplayResult {
  readonly tally: ReplayTally
  readonly totalRows: number
  /** From the first row until the last answer. */
  readonly seconds: number
  /** Comparisons of the published book with an orderbook row. */
  readonly checkpoints: number
  readonly checkpointsEqual: number
}

/** @throws RecordingError, ReplayError or Error, all in one line; no order of the replay is left in the book then */
export async function replayLive(options: ReplayOptions): Promise<ReplayResult> {
  const totalRows = await checkRecording(options.files)
  const resting = new ReplaySession(options.url, options.dataFolder, options.resting)
  const aggressor = new ReplaySession(options.url, options.dataFolder, options.aggressor)
  try {
    await resting.connect()
    await aggressor.connect()
    const [instrument] = pickInstruments(resting.client.instruments, [options.instrument])
    const book = new PublishedBook(options.url, instrument.instrument)
    try {
      await book.connect()
      const cancelAll = () =>
        Promise.all([resting, aggressor].map((session) => session.cancelAll(instrument.instrument)))
      await cancelAll()
      await requireEmptyBook(book, instrument)
      try {
        return await new LiveReplay(options, totalRows, resting, aggressor, instrument, book).run()
      } finally {
        resting.listener = undefined
        aggressor.listener = undefined
        await cancelAll()
      }
    } finally {
      book.close()
    }
  } finally {
    await Promise.all([resting.close(), aggressor.close()])
  }
}

class LiveReplay {
  private readonly options: ReplayOptions
  private readonly totalRows: number
  private readonly replayer: Replayer
  private readonly grid: InstrumentGrid
  private readonly book: PublishedBook
  private readonly allowances: { readonly resting: Allowance; readonly aggressor: Allowance }
  private readonly recordedTime: RecordedTime | undefined
  private checkpoints = 0
  private checkpointsEqual = 0

  constructor(
    options: ReplayOptions,
    totalRows: number,
    resting: ReplaySession,
    aggressor: ReplaySession,
    instrument: Row<'instrument'>,
    book: PublishedBook,
  ) {
    this.options = options
    this.totalRows = totalRows
    this.grid = new InstrumentGrid(instrument.tickSize, instrument.lotSize)
    this.book = book
    const replayer = new Replayer(resting.client, aggressor.client, instrument.instrument)
    this.replayer = replayer
    const onFailure = (error: ReplayError) => replayer.fail(error)
    resting.listener = { onEvent: (event) => replayer.onRestingEvent(event), onFailure }
    aggressor.listener = { onEvent: (event) => replayer.onAggressorEvent(event), onFailure }
    const nowMs = performance.now()
    this.allowances = {
      resting: new Allowance(resting.client.ratePerSecond, nowMs),
      aggressor: new Allowance(aggressor.client.ratePerSecond, nowMs),
    }
    this.recordedTime = options.speed === undefined ? undefined : new RecordedTime(options.speed, nowMs)
  }

  async run(): Promise<ReplayResult> {
    const { replayer, options } = this
    options.onStart(this.totalRows, replayer.tally)
    const startMs = performance.now()
    const last = await this.sendRows()
    await replayer.finish()
    const seconds = (performance.now() - startMs) / 1_000
    if (last !== undefined) await this.checkpoint(last)
    const { checkpoints, checkpointsEqual, totalRows } = this
    return { tally: replayer.tally, totalRows, seconds, checkpoints, checkpointsEqual }
  }

  /** @returns the last row sent */
  private async sendRows(): Promise<MarketRow | undefined> {
    const { replayer, options, grid } = this
    let row: MarketRow | undefined
    for await (const block of readRecording(options.files)) {
      for (const recorded of block) {
        const next = toMarketRow(recorded, grid)
        const waitMs = this.waitMs(next)
        if (waitMs > 0) await sleep(waitMs, undefined, { signal: options.signal }).catch(() => {})
        if (options.signal.aborted) return row
        row = next
        if (!replayer.isReadyFor(row)) await replayer.makeReadyFor(row)
        if (replayer.send(row)) await replayer.settle()
        if (row.line % rowsBetweenCheckpoints === 0) {
          await replayer.finish()
          await this.checkpoint(row)
        }
      }
    }
    return row
  }

  /** How long to wait before a row may be sent. */
  private waitMs(row: MarketRow): number {
    const nowMs = performance.now()
    const { resting, aggressor } = this.replayer.sentMessages
    return Math.max(
      this.allowances.resting.waitMs(resting, nowMs),
      this.allowances.aggressor.waitMs(aggressor, nowMs),
      this.recordedTime?.waitMs(row.timeSeconds, nowMs) ?? 0,
    )
  }

  private async checkpoint(row: MarketRow): Promise<void> {
    this.checkpoints += 1
    if (await this.book.equals(row)) this.checkpointsEqual += 1
  }
}

async function requireEmptyBook(book: PublishedBook, { symbol }: Row<'instrument'>): Promise<void> {
  const now = await book.read()
  const levels = now.depth('buy') + now.depth('sell')
  if (levels === 0) return
  throw new ReplayError(
    `other participants have orders in ${symbol} (${levels} price levels); a replay needs its book to itself`,
  )
}
