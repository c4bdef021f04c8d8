/** A session as the gateway keeps it, connected or not. The session's rules and counters are the exchange's. */
import { RateLimiter } from './rate-limiter.ts'
import { SessionStream, type StreamCursor, type StreamMemory, type StreamOptions } from './session-stream.ts'

/** Who logged on. */
export interface Identity {
  /** Session number. */
  readonly session: number
  readonly ratePerSecond: number
}

/** What a session needs of its live connection. */
export interface SessionConnection {
  /** Sends what of the session's stream is unsent. */
  flush(): void
  /** Tells the client, at the next flush, that a `ref` was processed before. */
  duplicateRef(ref: number, lastRef: number): void
  /** A newer connection took the session over. */
  supersede(): void
  /** The key that it logged on with is no longer good. */
  revoke(): void
}

/** Someone else who reads a session's events. */
export interface SessionReader {
  /** Whether the turn that is being released brought something for it. */
  changed: boolean
  flush(): void
}

export class Session {
  readonly number: number
  readonly stream: SessionStream
  readonly readers = new Set<SessionReader>()
  limiter = new RateLimiter(0)
  /** The connection that has the session, from its logon on. */
  connection: SessionConnection | undefined
  /** Whether the turn that is being released brought events for it. */
  changed = false

  constructor(number: number, memory: StreamMemory, options?: StreamOptions) {
    this.number = number
    this.stream = new SessionStream(memory, options)
  }

  /** Gives the session to a connection, taking it from the one that had it. */
  claim(connection: SessionConnection, ratePerSecond: number): void {
    const older = this.connection
    this.connection = connection
    this.stream.pin(undefined)
    if (this.limiter.ratePerSecond !== ratePerSecond) this.limiter = new RateLimiter(ratePerSecond)
    older?.supersede()
  }

  /** A cursor for the connection that has the session; nothing that it was not given is forgotten. */
  follow(firstEvent: number): StreamCursor {
    const cursor = this.stream.cursorAt(firstEvent)
    this.stream.pin(cursor)
    return cursor
  }

  /** Ends the session's connection. Returns whether it was this one that had it. */
  leave(connection: SessionConnection): boolean {
    if (this.connection !== connection) return false
    this.connection = undefined
    this.stream.pin(undefined)
    return true
  }
}
