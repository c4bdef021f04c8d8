/**
 * The command log's port: what the sequencer needs of a log, whatever it is kept in. The log is the truth: state is what
 * comes of applying it from the start. Commands are kept as received.
 */

/** One command of the log. Valid only during the call that hands it over. */
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
   * Hands every record to `visit`, in order. Must be called once, before the first append.
   * @throws LogCorruptError where something that may have been acknowledged cannot be read
   */
  replay(visit: (record: LogRecord) => void): void
  /**
   * Adds a record to the current batch. `sequence` must be one above the record before it; `timeUs` must not be below it,
   * and all records of a batch have the batch's time. Copies the bytes.
   */
  append(sequence: number, timeUs: number, session: number, bytes: Uint8Array, start: number, end: number): void
  /**
   * Makes the current batch durable, in the sense of the log's mode, before it returns. Does nothing if it is empty.
   * @throws LogWriteError if it could not; then the log must not be used again, and nothing of the batch be released
   */
  commit(): void
  /** Commits, and frees what the log holds. */
  close(): void
}

/** The log could not be written; `message` says what, where and what to do. */
export class LogWriteError extends Error {}

/** The log cannot be read; `message` says file, offset, reason and what to do. */
export class LogCorruptError extends Error {}
