/**
 * A process of the simulation: something that can be killed. From then on nothing that it left behind has an effect: no timer
 * rings, no call to the outside does anything.
 */
import type { RandomSource } from '../../bots/runtime/random.ts'
import type { Clock } from '../../engine/clock.ts'
import type { ClientClock } from '../../protocol/client/clock.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Thrown into a process by whatever kills it in the middle of a call. */
export class ProcessKilled extends Error {
  override readonly name = 'ProcessKilled'
}

/** The clock on the wall of the machine, which somebody may set. */
export interface WallClock {
  offsetUs: number
}

/** 2026-10-05, 14:40 UTC. */
const wallStartUs = 1_791_211_200_000_000
/** A turn of the event loop lasts up to this long: what arrives in it is one batch. */
const longestTurnUs = 300

export class VirtualProcess {
  isAlive = true
  private readonly time: VirtualTime
  private readonly random: RandomSource
  private readonly wall: WallClock
  private readonly startedUs: number

  constructor(time: VirtualTime, random: RandomSource, wall: WallClock) {
    this.time = time
    this.random = random
    this.wall = wall
    this.startedUs = time.nowUs
  }

  kill(): void {
    this.isAlive = false
  }

  after(delayUs: number, action: () => void): () => void {
    return this.time.after(delayUs, () => {
      if (this.isAlive) action()
    })
  }

  /** A clock of the engine. Monotonic time begins with the process. */
  engineClock(): Clock {
    return {
      monotonicMs: () => this.sinceStartMs(),
      wallUs: () => this.wallUs(),
      after: (ms, callback) => this.after(atLeastOne(ms) * 1_000, callback),
      every: (ms, callback) => this.every(ms * 1_000, callback),
      afterTurn: (callback) => {
        this.after(this.random.integerBelow(longestTurnUs), callback)
      },
    }
  }

  clientClock(): ClientClock {
    return {
      nowMs: () => this.sinceStartMs(),
      wallUs: () => this.wallUs(),
      after: (ms, action) => this.after(atLeastOne(ms) * 1_000, action),
      every: (ms, action) => this.every(ms * 1_000, action),
      random: () => this.random.uniform(),
    }
  }

  private every(intervalUs: number, action: () => void): () => void {
    const callOff = this.time.every(intervalUs, () => {
      if (this.isAlive) action()
      else callOff()
    })
    return callOff
  }

  private sinceStartMs(): number {
    return 1 + (this.time.nowUs - this.startedUs) / 1_000
  }

  private wallUs(): number {
    return wallStartUs + this.time.nowUs + this.wall.offsetUs
  }
}

/** As Node's timers do it; one that rings at once could keep time from going on. */
function atLeastOne(milliseconds: number): number {
  return Math.max(1, milliseconds)
}
