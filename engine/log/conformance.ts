/** What every command log must do, whatever it is kept in: one suite, run against each of them. */
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { CommandLog, LogRecord } from './command-log.ts'

/** Somewhere that a log is kept. */
export interface LogPlace {
  /** Opens the log kept there, not yet replayed. */
  open(): CommandLog
  dispose(): void
}

/** A record as a test writes it down. */
export interface WrittenRecord {
  readonly sequence: number
  readonly timeUs: number
  readonly session: number
  readonly message: readonly number[]
}

export function copyOf({ sequence, timeUs, session, bytes, start, end }: LogRecord): WrittenRecord {
  return { sequence, timeUs, session, message: [...bytes.subarray(start, end)] }
}

/** Everything that replay hands out, copied. */
export function replayed(log: CommandLog): WrittenRecord[] {
  const records: WrittenRecord[] = []
  log.replay((record) => records.push(copyOf(record)))
  return records
}

/** For `commit`: fails loudly if it failed. */
export function rethrow(error?: Error): void {
  if (error !== undefined) throw error
}

/** Appends the records as one batch and commits. */
export function commitBatch(log: CommandLog, records: readonly WrittenRecord[]): void {
  for (const { sequence, timeUs, session, message } of records) {
    log.append(sequence, timeUs, session, Uint8Array.from(message), 0, message.length)
  }
  log.commit(rethrow)
}

/** Batches of the given numbers of records; contents differ from record to record and hold no zero byte. */
export function makeBatches(...recordCounts: number[]): WrittenRecord[][] {
  let sequence = 0
  return recordCounts.map((count, batch) =>
    Array.from({ length: count }, () => {
      sequence += 1
      const message = Array.from({ length: 5 + (sequence % 13) }, (_, index) => 1 + ((sequence * 31 + index * 7) % 255))
      return { sequence, timeUs: 1_700_000_000_000_000 + batch * 10, session: 1 + (sequence % 3), message }
    }),
  )
}

const batchesOfAnyShape: fc.Arbitrary<WrittenRecord[][]> = fc
  .array(
    fc.record({
      elapsedUs: fc.nat({ max: 10_000_000_000 }),
      contents: fc.array(
        fc.record({ session: fc.nat({ max: 2 ** 32 - 1 }), message: fc.uint8Array({ maxLength: 300 }) }),
        {
          minLength: 1,
          maxLength: 20,
        },
      ),
    }),
    { maxLength: 20 },
  )
  .map((batches) => {
    let sequence = 0
    let timeUs = 0
    return batches.map(({ elapsedUs, contents }) => {
      timeUs += elapsedUs
      return contents.map(({ session, message }) => {
        sequence += 1
        return { sequence, timeUs, session, message: [...message] }
      })
    })
  })

export function describeCommandLog(name: string, makePlace: () => LogPlace): void {
  describe(`${name} keeps the promises of a command log`, () => {
    const places: LogPlace[] = []
    const newPlace = () => {
      const place = makePlace()
      places.push(place)
      return place
    }
    afterEach(() => {
      for (const place of places.splice(0)) place.dispose()
    })
    const openEmpty = () => {
      const log = newPlace().open()
      log.replay(() => {})
      return log
    }

    it('hands out nothing when nothing was committed', () => {
      expect(replayed(newPlace().open())).toEqual([])
    })

    it('hands out every committed record again, in order, with sequence, time, session and bytes', () => {
      const place = newPlace()
      const batches = makeBatches(1, 5, 2)
      const log = place.open()
      log.replay(() => {})
      for (const batch of batches) commitBatch(log, batch)
      log.close()
      expect(replayed(place.open())).toEqual(batches.flat())
    })

    it('hands out equal records for any batches, opened again after any number of them', () => {
      fc.assert(
        fc.property(batchesOfAnyShape, fc.integer({ min: 1, max: 5 }), (batches, batchesPerOpening) => {
          const place = newPlace()
          for (let from = 0; from < batches.length; from += batchesPerOpening) {
            const log = place.open()
            expect(replayed(log)).toEqual(batches.slice(0, from).flat())
            for (const batch of batches.slice(from, from + batchesPerOpening)) commitBatch(log, batch)
            log.close()
          }
          const log = place.open()
          expect(replayed(log)).toEqual(batches.flat())
          log.close()
        }),
        { numRuns: 40 },
      )
    })

    it('keeps a message of a megabyte', () => {
      const place = newPlace()
      const log = place.open()
      log.replay(() => {})
      const message = new Uint8Array(2 ** 20).map((_, index) => index % 251)
      log.append(1, 10, 1, message, 0, message.length)
      log.close()
      const lengths: number[] = []
      let equal = false
      place.open().replay(({ bytes, start, end }) => {
        lengths.push(end - start)
        equal = Buffer.from(message).equals(bytes.subarray(start, end))
      })
      expect(lengths).toEqual([2 ** 20])
      expect(equal).toBe(true)
    })

    it('copies the bytes, from start to end only', () => {
      const place = newPlace()
      const log = place.open()
      log.replay(() => {})
      const bytes = Uint8Array.of(9, 1, 2, 3, 9)
      log.append(1, 10, 1, bytes, 1, 4)
      bytes.fill(7)
      log.close()
      expect(replayed(place.open())).toEqual([{ sequence: 1, timeUs: 10, session: 1, message: [1, 2, 3] }])
    })

    it('forgets what was appended and never committed', () => {
      const place = newPlace()
      const [first, second] = makeBatches(2, 1)
      const log = place.open()
      log.replay(() => {})
      commitBatch(log, first)
      log.append(3, second[0].timeUs, 1, Uint8Array.of(1), 0, 1)
      expect(replayed(place.open())).toEqual(first)
    })

    it('commits what is left when it is closed', () => {
      const place = newPlace()
      const log = place.open()
      log.replay(() => {})
      log.append(1, 10, 1, Uint8Array.of(1), 0, 1)
      log.close()
      expect(replayed(place.open())).toHaveLength(1)
    })

    it('adds nothing when an empty batch is committed', () => {
      const place = newPlace()
      const log = place.open()
      log.replay(() => {})
      log.commit(rethrow)
      commitBatch(log, makeBatches(1)[0])
      log.commit(rethrow)
      log.close()
      expect(replayed(place.open())).toHaveLength(1)
    })

    it.each([
      ['skips a sequence', 3, 100],
      ['repeats a sequence', 1, 100],
      ['goes back in time', 2, 99],
    ])('refuses a record that %s, and takes the right one after it', (_, sequence, timeUs) => {
      const place = newPlace()
      const log = place.open()
      log.replay(() => {})
      log.append(1, 100, 1, Uint8Array.of(1), 0, 1)
      log.commit(rethrow)
      expect(() => log.append(sequence, timeUs, 1, Uint8Array.of(2), 0, 1)).toThrow(RangeError)
      log.append(2, 100, 1, Uint8Array.of(3), 0, 1)
      log.close()
      expect(replayed(place.open()).map((record) => record.message)).toEqual([[1], [3]])
    })

    it('refuses a second time within a batch', () => {
      const log = openEmpty()
      log.append(1, 100, 1, Uint8Array.of(1), 0, 1)
      expect(() => log.append(2, 101, 1, Uint8Array.of(2), 0, 1)).toThrow(RangeError)
      log.close()
    })

    it('refuses, when opened again, a record that does not follow what it ends with', () => {
      const place = newPlace()
      const first = place.open()
      first.replay(() => {})
      commitBatch(first, makeBatches(3)[0])
      first.close()
      const second = place.open()
      const { timeUs } = replayed(second)[2]
      expect(() => second.append(1, timeUs, 1, Uint8Array.of(1), 0, 1)).toThrow(RangeError)
      expect(() => second.append(4, timeUs - 1, 1, Uint8Array.of(1), 0, 1)).toThrow(RangeError)
      second.append(4, timeUs, 1, Uint8Array.of(1), 0, 1)
      second.close()
    })

    it('takes nothing before it was replayed, and is replayed once', () => {
      const log = newPlace().open()
      expect(() => log.append(1, 10, 1, Uint8Array.of(1), 0, 1)).toThrow('replay')
      expect(() => log.commit(rethrow)).toThrow('replay')
      log.replay(() => {})
      expect(() => log.replay(() => {})).toThrow('once')
      log.close()
    })

    it('takes nothing after a replay that the visitor ended with an error', () => {
      const place = newPlace()
      const log = place.open()
      log.replay(() => {})
      commitBatch(log, makeBatches(1)[0])
      log.close()
      const again = place.open()
      const refuse = () => {
        throw new Error('visitor says no')
      }
      expect(() => again.replay(refuse)).toThrow('visitor says no')
      expect(() => again.append(2, 2e15, 1, Uint8Array.of(1), 0, 1)).toThrow('replay')
    })

    it('takes nothing once closed, and may be closed again', () => {
      const log = openEmpty()
      log.close()
      log.close()
      expect(() => log.append(1, 10, 1, Uint8Array.of(1), 0, 1)).toThrow('closed')
      expect(() => log.commit(rethrow)).toThrow('closed')
    })
  })
}
