/** What the simulation knows of one process that has a session. */
import type { ClientSession } from '../../protocol/client/index.ts'
import type { VirtualProcess } from './virtual-process.ts'

/** One process that has a session, and what it was told. */
export class Incarnation {
  readonly process: VirtualProcess
  session!: ClientSession
  /** Number of the event that comes next; 0 while it is not known. */
  expectedEvent: number
  /** Refs of what it asked for. */
  readonly asked = new Set<number>()
  /** What came of each request: how its outcome was told. */
  readonly outcomes = new Map<number, string>()
  /** Refs of requests of which it was said that they had no effect. */
  readonly withoutEffect: number[] = []
  wasLive = false
  /** Whether it asked for a drop copy, and the next event of each session of that. */
  hasCopy = false
  readonly copies = new Map<string, number>()

  constructor(process: VirtualProcess, expectedEvent: number) {
    this.process = process
    this.expectedEvent = expectedEvent
  }
}
