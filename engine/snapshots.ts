/**
 * When snapshots are taken, and what of the log they make superfluous. A snapshot is the exchange's state and the events
 * that sessions may still ask for, as they are after a command; with it a start reads the log from there on only.
 *
 * What must stay true: a snapshot shows what is durable and released, nothing more. The orders stop for as long as the
 * state is copied; it is written to the disk beside them.
 */
import type { Clock } from './clock.ts'
import { doubleZero, type Exchange } from './core/index.ts'
import { imageMemory } from './image-memory.ts'
import type { CommandLog, SnapshotHeader, SnapshotStore, WrittenSnapshot } from './log/index.ts'
import type { Sequencer } from './sequencer.ts'

export interface SnapshotsOptions {
  readonly exchange: Exchange
  readonly sequencer: Sequencer
  readonly log: CommandLog
  readonly store: SnapshotStore
  readonly clock: Clock
  /** The events that sessions may still ask for; the memory stays as it is until `release`. */
  readonly streamsImage: () => { readonly parts: readonly Uint8Array[]; release(): void }
  /** Commands after which one is due; 0: never. */
  readonly everyCommands: number
  /** Makes the log as durable as the snapshot will be. */
  readonly makeLogDurable: () => Promise<void>
  /** Called when no snapshot that is kept needs the log up to a command. */
  readonly retire: (sequence: number) => void
  readonly onTaken: (snapshot: TakenSnapshot) => void
  /** A snapshot could not be written; the engine goes on, and tries again when the next is due. */
  readonly onFailure: (error: Error) => void
}

export interface TakenSnapshot {
  readonly name: string
  readonly sequence: number
  readonly bytes: number
  /** For how long no order was processed. */
  readonly pauseMs: number
}

/** What is written, as it was at one moment. */
interface Copy {
  readonly header: SnapshotHeader
  readonly parts: { readonly image: Uint8Array<ArrayBuffer>; readonly streams: readonly Uint8Array[] }
  readonly pauseMs: number
  release(): void
}

const scheduleIntervalMs = 250

export class Snapshots {
  private readonly options: SnapshotsOptions
  private endSchedule: () => void = () => {}
  /** Sequence of the last snapshot, or of the last attempt. */
  private lastSequence = doubleZero
  private underWay: Promise<void> | undefined
  private stopped = false
  /** Memory of the image before, to be written over. */
  private former: ArrayBuffer | undefined

  constructor(options: SnapshotsOptions) {
    this.options = options
  }

  /**
   * Begins to take one whenever it is due, and clears away what a process that died was writing.
   * @param lastSequence where the snapshot ends that the exchange was recovered from; 0 if from none
   */
  start(lastSequence: number): void {
    const { clock, everyCommands, exchange, store } = this.options
    this.lastSequence = lastSequence
    store.removeLeftovers()
    if (everyCommands === 0) return
    this.endSchedule = clock.every(scheduleIntervalMs, () => {
      if (exchange.sequence - this.lastSequence >= everyCommands) this.take()
    })
  }

  /** Takes one, unless one is being taken already. Resolves when it is on the disk, or could not be written. */
  take(): Promise<void> {
    this.underWay ??= this.orFailure(() => this.takeOne()).finally(() => {
      this.underWay = undefined
    })
    return this.underWay
  }

  /**
   * Ends the schedule, and takes a last snapshot if anything happened since the one before: the next start is quick, and
   * finds out if the log lost its end. One that is under way gives way to it. To be called when nothing more will be
   * submitted.
   */
  async stop(): Promise<void> {
    this.endSchedule()
    this.stopped = true
    const { everyCommands, exchange, store } = this.options
    if (exchange.sequence === this.lastSequence) await this.underWay
    else if (everyCommands > 0) {
      await this.orFailure(async () => {
        const copy = await this.copyReleased(this.takeFormer())
        await this.write(copy, async ({ header, parts }) => store.writeNow(header, parts))
      })
    }
  }

  private async takeOne(): Promise<void> {
    const { clock, exchange, store } = this.options
    // Until then nobody begins another attempt.
    this.lastSequence = exchange.sequence
    const copy = await this.copyReleased(await imageMemory(exchange, clock, this.takeFormer()))
    await this.write(copy, ({ header, parts }) => store.write(header, parts))
  }

  /** Whatever goes wrong, for want of memory for one, the orders go on. */
  private async orFailure(take: () => Promise<void>): Promise<void> {
    try {
      await take()
    } catch (error) {
      this.options.onFailure(error as Error)
    }
  }

  /** Memory that is in use for one image must not be found by another. */
  private takeFormer(): ArrayBuffer | undefined {
    const { former } = this
    this.former = undefined
    return former
  }

  private async write(copy: Copy | undefined, write: (copy: Copy) => Promise<WrittenSnapshot>): Promise<void> {
    if (copy === undefined) return
    try {
      // A log that ends before a snapshot of it counts as damaged.
      await this.options.makeLogDurable()
      this.taken(await write(copy), copy)
    } catch (error) {
      if (!this.stopped || copy.header.position.sequence === this.lastSequence) this.options.onFailure(error as Error)
    } finally {
      copy.release()
      this.former = copy.parts.image.buffer
    }
  }

  private taken({ name, bytes, coveredSequence }: WrittenSnapshot, { header, pauseMs }: Copy): void {
    const { retire, onTaken } = this.options
    onTaken({ name, sequence: header.position.sequence, bytes, pauseMs })
    if (coveredSequence > 0) retire(coveredSequence)
  }

  /** Undefined if order entry has stopped. */
  private copyReleased(memory: ArrayBuffer | undefined): Promise<Copy | undefined> {
    const { sequencer } = this.options
    return new Promise((resolve, reject) => {
      const halted = () => resolve(undefined)
      const copy = () => {
        // Thrown out of a release it would end the engine.
        try {
          resolve(this.copy(memory))
        } catch (error) {
          reject(error)
        }
      }
      if (sequencer.state !== 'open') halted()
      else sequencer.afterRelease(copy, halted)
    })
  }

  private copy(memory: ArrayBuffer | undefined): Copy {
    const { clock, exchange, log, streamsImage } = this.options
    const begunMs = clock.monotonicMs()
    const { identity, position } = log
    if (position.sequence !== exchange.sequence) {
      throw new Error(`the exchange is at command ${exchange.sequence}, what is durable ends with ${position.sequence}`)
    }
    this.lastSequence = exchange.sequence
    const image = exchange.image(memory)
    const { parts, release } = streamsImage()
    const header = { identity, position, timeUs: exchange.timeUs }
    return { header, parts: { image, streams: parts }, pauseMs: clock.monotonicMs() - begunMs, release }
  }
}
