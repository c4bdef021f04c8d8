/**
 * Reads a LOBSTER recording: a message file and the orderbook file that belongs to it, row by row in step and piece by
 * piece, so that a day of any size can be read. What comes out are the numbers of the files; only their form has been checked.
 *
 * Message row: time, type, order id, size, price, direction. Row i of the orderbook file is the book after row i of the
 * messages: ask price, ask size, bid price, bid size, level by level.
 */
import { type FileHandle, open } from 'node:fs/promises'

/** Rows that are handed out at a time. */
const rowsPerBlock = 512
/** Bytes that are read from a file at a time. */
const bytesPerRead = 1 << 18
/** No row of a recording is longer; a file with such a line is something else. */
const longestLine = 1 << 16

const messageColumns = ['time', 'type', 'order id', 'size', 'price', 'direction'] as const

export interface RecordedRow {
  /** Number of the line in both files, from 1. */
  readonly line: number
  /** Seconds after midnight. */
  readonly timeSeconds: number
  /** 1 new order, 2 partial cancel, 3 delete, 4 execution, 5 hidden execution, 6 auction trade, 7 halt. */
  readonly type: number
  readonly orderId: number
  /** Shares. */
  readonly size: number
  /** Dollars × 10,000. */
  readonly price: number
  /** Of the resting order: 1 buys, -1 sells. */
  readonly direction: number
  /** The orderbook row: ask price, ask size, bid price, bid size, best level first. */
  readonly book: readonly number[]
}

export interface RecordingFiles {
  readonly messageFile: string
  readonly orderbookFile: string
}

/** A file that is missing, malformed, or not of the same recording as the other one. The message is one line. */
export class RecordingError extends Error {}

/**
 * The rows in order, in blocks.
 * @throws RecordingError naming the file, the line and what is wrong with it
 */
export async function* readRecording(files: RecordingFiles): AsyncGenerator<RecordedRow[]> {
  const messages = new LineReader(files.messageFile)
  const books = new LineReader(files.orderbookFile)
  let bookColumns = 0
  try {
    for (;;) {
      const block: RecordedRow[] = []
      while (block.length < rowsPerBlock) {
        if (!messages.hasLine) await messages.fill()
        if (!books.hasLine) await books.fill()
        if (!messages.hasLine || !books.hasLine) break
        const book = parseBookRow(books, bookColumns)
        bookColumns = book.length
        block.push(parseMessageRow(messages, book))
      }
      if (block.length > 0) yield block
      if (block.length < rowsPerBlock) break
    }
    if (messages.hasLine || books.hasLine) {
      const [shorter, longer] = messages.hasLine ? [books, messages] : [messages, books]
      throw new RecordingError(
        `${shorter.file} ends after ${shorter.line} rows and ${longer.file} goes on: they are not of one recording`,
      )
    }
    if (messages.line === 0) throw new RecordingError(`${files.messageFile} is empty`)
  } finally {
    await messages.close()
    await books.close()
  }
}

/**
 * Reads both files through once, so that a replay does not begin with a recording that it can't finish.
 * @returns the number of rows
 * @throws RecordingError
 */
export async function checkRecording(files: RecordingFiles): Promise<number> {
  let rows = 0
  for await (const block of readRecording(files)) rows += block.length
  return rows
}

function parseMessageRow(reader: LineReader, book: number[]): RecordedRow {
  const text = reader.take()
  const columns = text.split(',')
  if (columns.length !== messageColumns.length) {
    throw reader.error(`a message row has ${messageColumns.length} columns, this has ${columns.length}`)
  }
  const numbers = columns.map(Number)
  for (let index = 0; index < columns.length; index += 1) {
    const isValid = index === 0 ? numbers[0] >= 0 : Number.isSafeInteger(numbers[index])
    if (!isValid || columns[index].trim() === '') {
      throw reader.error(`${messageColumns[index]} cannot be ${JSON.stringify(columns[index])}`)
    }
  }
  const [timeSeconds, type, orderId, size, price, direction] = numbers
  if (type < 1 || type > 7) throw reader.error(`type is ${type}, not one of 1 to 7`)
  if (direction !== 1 && direction !== -1) throw reader.error(`direction is ${direction}, not 1 or -1`)
  if (size < 0) throw reader.error(`size is ${size}`)
  return { line: reader.line, timeSeconds, type, orderId, size, price, direction, book }
}

/** @param expectedColumns number of columns of the rows before, 0 in the first */
function parseBookRow(reader: LineReader, expectedColumns: number): number[] {
  const columns = reader.take().split(',')
  if (columns.length % 4 !== 0 || (expectedColumns !== 0 && columns.length !== expectedColumns)) {
    const expectation = expectedColumns === 0 ? 'four columns a level' : `${expectedColumns} columns`
    throw reader.error(`an orderbook row has ${expectation}, this has ${columns.length}`)
  }
  const numbers = columns.map(Number)
  for (let index = 0; index < numbers.length; index += 1) {
    if (!Number.isSafeInteger(numbers[index]) || columns[index].trim() === '') {
      throw reader.error(`column ${index + 1} cannot be ${JSON.stringify(columns[index])}`)
    }
  }
  return numbers
}

/** Lines of a file, one at a time, of which as many are in memory as one read brings. */
class LineReader {
  readonly file: string
  /** Number of the line taken last. */
  line = 0
  private readonly buffer = Buffer.allocUnsafe(bytesPerRead)
  private handle: FileHandle | undefined
  private lines: string[] = []
  private next = 0
  /** The line that the last piece began and did not end. */
  private rest = ''

  constructor(file: string) {
    this.file = file
  }

  /** Whether `take` may be called; if not, `fill` reads on, after which it is false only at the end of the file. */
  get hasLine(): boolean {
    return this.next < this.lines.length
  }

  take(): string {
    const line = this.lines[this.next]
    this.next += 1
    this.line += 1
    return line.endsWith('\r') ? line.slice(0, -1) : line
  }

  async fill(): Promise<void> {
    while (!this.hasLine) {
      const piece = await this.read()
      if (piece === undefined) {
        this.lines = this.rest === '' ? [] : [this.rest]
        this.rest = ''
        this.next = 0
        return
      }
      this.lines = (this.rest + piece).split('\n')
      this.rest = this.lines.pop()!
      this.next = 0
      if (this.rest.length > longestLine) {
        throw new RecordingError(`${this.file} has a line of more than ${longestLine} characters: not a recording`)
      }
    }
  }

  error(text: string): RecordingError {
    return new RecordingError(`${this.file}, line ${this.line}: ${text}`)
  }

  async close(): Promise<void> {
    await this.handle?.close()
  }

  /** The next piece of the file; undefined at its end. */
  private async read(): Promise<string | undefined> {
    try {
      this.handle ??= await open(this.file)
      const { bytesRead } = await this.handle.read(this.buffer, 0, bytesPerRead)
      return bytesRead === 0 ? undefined : this.buffer.toString('latin1', 0, bytesRead)
    } catch (error) {
      throw new RecordingError(`cannot read ${this.file} (${(error as NodeJS.ErrnoException).code})`)
    }
  }
}
