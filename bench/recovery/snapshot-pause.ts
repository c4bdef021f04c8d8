/**
 * What taking a snapshot does to those who trade: the engine's own event loop is asked for the longest gap, and a load at a
 * fixed rate for the longest wait for an answer, both while a snapshot is taken and while none is.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineProcess } from '../engine-process.ts'
import type { GeneratorProcess } from '../load/generator-process.ts'

/** What the loop monitor answers. */
export interface LoopGap {
  readonly type: 'loopGap'
  readonly longestMs: number
}

/** What was seen during some time under load. */
export interface Disturbance {
  /** The event loop's longest gap. */
  readonly loopMs: number
  /** The longest wait for an answer, of orders that were taken. */
  readonly ackMaxUs: number
  /** Orders that were not, because too many waited for the disk. */
  readonly refused: number
}

export interface TakenSnapshot {
  /** How long the engine itself says that it stopped the orders. */
  readonly copyMs: number
  readonly bytes: number
  /** From the request until it was on the disk. */
  readonly wholeMs: number
}

export type SnapshotDisturbance = Disturbance & TakenSnapshot

/** Enough to find the price of taking a snapshot, not so much that the load itself is measured. */
export const pauseRatePerSecond = 10_000
const warmupSeconds = 0.5
/** The load is there before the snapshot is asked for. */
const requestAfterMs = 700
const pollMs = 10
const deadlineMs = 60_000

export class SnapshotPauses {
  private readonly engine: EngineProcess
  private readonly load: GeneratorProcess

  constructor(engine: EngineProcess, load: GeneratorProcess) {
    this.engine = engine
    this.load = load
  }

  /** While no snapshot is taken. */
  async undisturbed(seconds: number): Promise<Disturbance> {
    await this.askLoopGap()
    const loop = { ratePerSecond: pauseRatePerSecond, warmupSeconds, seconds }
    const { latency, counts } = await this.load.runOpenLoop(loop)
    return { loopMs: await this.askLoopGap(), ackMaxUs: latency.maxUs, refused: counts.refused }
  }

  /** While one is taken, until it is on the disk, and for at least so many seconds. */
  async duringSnapshot(seconds: number): Promise<SnapshotDisturbance> {
    let isTaken = false
    const request = sleep(requestAfterMs)
      .then(() => this.requestSnapshot())
      .finally(() => {
        isTaken = true
      })
    // It is awaited below, unless the run ends before.
    request.catch(() => {})
    let loopMs = 0
    let ackMaxUs = 0
    let refused = 0
    do {
      const part = await this.undisturbed(seconds)
      loopMs = Math.max(loopMs, part.loopMs)
      ackMaxUs = Math.max(ackMaxUs, part.ackMaxUs)
      refused += part.refused
    } while (!isTaken)
    return { ...(await request), loopMs, ackMaxUs, refused }
  }

  /** Has the engine take one, and waits until it is on the disk. */
  async requestSnapshot(): Promise<TakenSnapshot> {
    const before = this.taken().length
    const requestedMs = performance.now()
    this.engine.child.kill('SIGUSR2')
    while (this.taken().length === before) {
      if (performance.now() > requestedMs + deadlineMs) throw new Error('the engine took no snapshot')
      await sleep(pollMs)
    }
    const { pauseMs, bytes } = this.taken()[before] as { readonly pauseMs: number; readonly bytes: number }
    return { copyMs: pauseMs, bytes, wholeMs: performance.now() - requestedMs }
  }

  /** What the engine has said of its snapshots. */
  private taken(): Record<string, unknown>[] {
    return this.engine.logLines('snapshot taken')
  }

  private async askLoopGap(): Promise<number> {
    const { child } = this.engine
    const answered = once(child, 'message')
    child.send({ type: 'loopGap' })
    const [{ longestMs }] = (await answered) as [LoopGap]
    return longestMs
  }
}
