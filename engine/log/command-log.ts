/**
 * The command log's port: what the sequencer needs of a log, whatever it is kept in. The log is the truth: state is what
 * comes of applying it from the start. Commands are kept as received.
 */

/** One command of the log. The object is reused: valid only during the call that hands it over. */
export interface LogRecord {
  sequence: number
  timeUs: number
  /** Session number, 0 for the engine itself. */
  session: number
  /** Holds the message, MessagePack, from `start` to `end`. */
  bytes: Uint8Array
  start: number
  end: number
}

/** A place in the log: where a batch ends, and with it everything up to there. */
export interface LogPosition {
  /** Of the last command before it; 0 where the log begins. */
  readonly sequence: number
  /** What the chain of batches comes to there, as 32 hexadecimal digits. */
  readonly digest: string
}

export interface CommandLog {
  /** 32 hexadecimal digits that were made with the log and never change. Known after `replay`. */
  readonly identity: string
  /** Where what is durable ends. Known after `replay`. */
  readonly position: LogPosition
  /** Whether a commit is under way. */
  readonly isCommitting: boolean
  /**
   * Hands every record after a position, or from the first one on, to `visit`, in order. Must be called once, before the
   * first append. If it throws, whatever the cause, the log stays unusable and nothing that it is kept in was changed.
   * @throws LogCorruptError where something that may have been acknowledged cannot be read
   * @throws LogWriteError if the log cannot be made ready for appending
   */
  replay(visit: (record: LogRecord) => void, after?: LogPosition): void
  /**
   * Adds a record to the current batch. `sequence` must be one above the record before it (1 for the first); `timeUs` must
   * not be below it, and all records of a batch have the batch's time. Copies the bytes. Not while a commit is under way.
   * @throws RangeError if sequence or time break that; the log then is as if it had not been called
   */
  append(sequence: number, timeUs: number, session: number, bytes: Uint8Array, start: number, end: number): void
  /**
   * Makes the current batch durable, in the sense of the log's mode, and calls `done` once: before it returns, or later.
   * With an error if it could not; then nothing of the batch may be released, and every later commit fails with it too.
   */
  commit(done: (error?: LogWriteError) => void): void
  /** Frees what the log holds; a batch that was not committed is dropped. Not while a commit is under way. */
  close(): void
}

/** The log could not be written; `message` says what, where and what to do. */
export class LogWriteError extends Error {
  override readonly name = 'LogWriteError'
}

/** What can be done about a log that is damaged. */
export const restoreAdvice =
  "Restore the data folder's journal, archive and snapshots from a copy, or move all three away to start with an empty exchange."

/** The log cannot be read; `message` says file, offset, reason and what to do. */
export class LogCorruptError extends Error {
  override readonly name = 'LogCorruptError'
  readonly file: string
  /** Where in the file, in bytes. */
  readonly offset: number
  readonly reason: string

  constructor(file: string, offset: number, reason: string, options?: ErrorOptions) {
    const what = `The command log cannot be read: ${file} at byte ${offset}: ${reason}`
    super(`${what}. Nothing was changed. ${restoreAdvice}`, options)
    this.file = file
    this.offset = offset
    this.reason = reason
  }
}
