import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { checkRecording, type RecordedRow, RecordingError, type RecordingFiles, readRecording } from './recording.ts'

let folder: string
let files: RecordingFiles

beforeEach(() => {
  folder = temporaryFolder()
  files = { messageFile: join(folder, 'message.csv'), orderbookFile: join(folder, 'orderbook.csv') }
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const goodMessage = '34200.5,1,7,100,1000000,1'
const goodBook = '9999999999,0,1000000,100'

function write(messages: string, orderbook: string): void {
  writeFileSync(files.messageFile, messages)
  writeFileSync(files.orderbookFile, orderbook)
}

async function read(): Promise<RecordedRow[]> {
  const rows: RecordedRow[] = []
  for await (const block of readRecording(files)) rows.push(...block)
  return rows
}

describe('a recording', () => {
  test('gives each message row with the orderbook row of the same line', async () => {
    write(`${goodMessage}\n34201,3,7,100,1000000,-1\n`, `${goodBook}\n9999999999,0,-9999999999,0\n`)
    expect(await read()).toEqual([
      {
        line: 1,
        timeSeconds: 34_200.5,
        type: 1,
        orderId: 7,
        size: 100,
        price: 1_000_000,
        direction: 1,
        book: [9_999_999_999, 0, 1_000_000, 100],
      },
      {
        line: 2,
        timeSeconds: 34_201,
        type: 3,
        orderId: 7,
        size: 100,
        price: 1_000_000,
        direction: -1,
        book: [9_999_999_999, 0, -9_999_999_999, 0],
      },
    ])
  })

  test('may end without a line break and may have the line ends of Windows', async () => {
    write(`${goodMessage}\r\n${goodMessage}`, `${goodBook}\r\n${goodBook}\r\n`)
    expect((await read()).map(({ direction, book }) => [direction, book[3]])).toEqual([
      [1, 100],
      [1, 100],
    ])
  })

  test('is read whole however its lines fall on the blocks of the file', async () => {
    const count = 30_000
    const ids = Array.from({ length: count }, (_, index) => index + 1)
    write(
      ids.map((id) => `34200.${id},1,${id},100,1000000,1`).join('\n'),
      ids.map((id) => `1000100,${id},1000000,100`).join('\n'),
    )
    const rows = await read()
    expect(rows.map(({ orderId }) => orderId)).toEqual(ids)
    expect(rows.map(({ book }) => book[1])).toEqual(ids)
    expect(await checkRecording(files)).toBe(count)
  })
})

describe('a recording is refused in one line that names file, line and fault', () => {
  test.each([
    { fault: 'five columns', message: '34200,1,7,100,1000000', text: 'a message row has 6 columns, this has 5' },
    { fault: 'a word for a size', message: '34200,1,7,many,1000000,1', text: 'size cannot be "many"' },
    { fault: 'an empty column', message: '34200,1,,100,1000000,1', text: 'order id cannot be ""' },
    { fault: 'half a share', message: '34200,1,7,0.5,1000000,1', text: 'size cannot be "0.5"' },
    { fault: 'a negative size', message: '34200,1,7,-5,1000000,1', text: 'size is -5' },
    { fault: 'a type that there is not', message: '34200,8,7,100,1000000,1', text: 'type is 8, not one of 1 to 7' },
    { fault: 'no direction', message: '34200,1,7,100,1000000,0', text: 'direction is 0, not 1 or -1' },
    { fault: 'an empty line', message: '', text: 'a message row has 6 columns, this has 1' },
  ])('a message row with $fault', async ({ message, text }) => {
    write(`${goodMessage}\n${message}\n${goodMessage}\n`, `${goodBook}\n${goodBook}\n${goodBook}\n`)
    await expect(read()).rejects.toThrow(new RecordingError(`${files.messageFile}, line 2: ${text}`))
  })

  test.each([
    { fault: 'three columns', book: '1000100,5,1000000', text: 'an orderbook row has 4 columns, this has 3' },
    { fault: 'another depth', book: `${goodBook},${goodBook}`, text: 'an orderbook row has 4 columns, this has 8' },
    { fault: 'a word', book: '1000100,five,1000000,100', text: 'column 2 cannot be "five"' },
  ])('an orderbook row with $fault', async ({ book, text }) => {
    write(`${goodMessage}\n${goodMessage}\n`, `${goodBook}\n${book}\n`)
    await expect(read()).rejects.toThrow(new RecordingError(`${files.orderbookFile}, line 2: ${text}`))
  })

  test('files of different length', async () => {
    write(`${goodMessage}\n${goodMessage}\n`, `${goodBook}\n`)
    await expect(checkRecording(files)).rejects.toThrow(
      new RecordingError(
        `${files.orderbookFile} ends after 1 rows and ${files.messageFile} goes on: they are not of one recording`,
      ),
    )
  })

  test('the orderbook file in the place of the message file', async () => {
    write(goodBook, goodBook)
    await expect(read()).rejects.toThrow('message.csv, line 1: a message row has 6 columns, this has 4')
  })

  test('a file without lines', async () => {
    write('\0'.repeat(1 << 20), goodBook)
    await expect(read()).rejects.toThrow('message.csv has a line of more than 65536 characters: not a recording')
  })

  test('an empty file', async () => {
    write('', '')
    await expect(read()).rejects.toThrow(new RecordingError(`${files.messageFile} is empty`))
  })

  test('a file that is not there', async () => {
    await expect(read()).rejects.toThrow(new RecordingError(`cannot read ${files.messageFile} (ENOENT)`))
  })
})
