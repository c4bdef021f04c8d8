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

export interface CommandLog {
  /**
   * Hands every record to `visit`, in order. Must be called once, before the first append. If it throws, whatever the
   * cause, the log stays unusable and nothing that it is kept in was changed.
   * @throws LogCorruptError where something that may have been acknowledged cannot be read
   * @throws LogWriteError if the log cannot be made ready for appending
   */
  replay(visit: (record: LogRecord) => void): void
  /**
   * Adds a record to the current batch. `sequence` must be one above the record before it (1 for the first); `timeUs` must
   * not be below it, and all records of a batch have the batch's time. Copies the bytes.
   * @throws RangeError if sequence or time break that; the log then is as if it had not been called
   */
  append(sequence: number, timeUs: number, session: number, bytes: Uint8Array, start: number, end: number): void
  /**
   * Makes the current batch durable, in the sense of the log's mode, before it returns. Does nothing if it is empty.
   * @throws LogWriteError if it could not; then nothing of the batch may be released, and every later call throws it too
   */
  commit(): void
  /** Commits, and frees what the log holds, even if it throws. Closing a closed log does nothing. */
  close(): void
}

/** The log could not be written; `message` says what, where and what to do. */
export class LogWriteError extends Error {
  override readonly name = 'LogWriteError'
}

/** The log cannot be read; `message` says file, offset, reason and what to do. */
export class LogCorruptError extends Error {
  override readonly name = 'LogCorruptError'
  readonly file: string
  /** Where in the file, in bytes. */
  readonly offset: number
  readonly reason: string

  constructor(file: string, offset: number, reason: string, options?: ErrorOptions) {
    super(
      `The command log cannot be read: ${file} at byte ${offset}: ${reason}. Nothing was changed. Restore the log's folder ` +
        `from a copy, or move it away to start with an empty exchange.`,
      options,
    )
    this.file = file
    this.offset = offset
    this.reason = reason
  }
}
