/** What every command log must do, whatever it is kept in: one suite, run against each of them. */
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type CommandLog, LogCorruptError, type LogRecord } from './command-log.ts'

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

/** Resolves when what was appended is durable. */
export function commit(log: CommandLog): Promise<void> {
  return new Promise((resolve, reject) => {
    log.commit((error) => (error === undefined ? resolve() : reject(error)))
  })
}

/** Appends the records as one batch and commits. */
export function commitBatch(log: CommandLog, records: readonly WrittenRecord[]): Promise<void> {
  for (const { sequence, timeUs, session, message } of records) {
    log.append(sequence, timeUs, session, Uint8Array.from(message), 0, message.length)
  }
  return commit(log)
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
    /** A place with a log of batches of these numbers of records, and what the log was like between them. */
    const writtenPlace = async (...recordCounts: number[]) => {
      const place = newPlace()
      const batches = makeBatches(...recordCounts)
      const log = place.open()
      log.replay(() => {})
      const positions = [log.position]
      for (const batch of batches) {
        await commitBatch(log, batch)
        positions.push(log.position)
      }
      log.close()
      return { place, batches, positions, identity: log.identity }
    }

    it('hands out nothing when nothing was committed', () => {
      expect(replayed(newPlace().open())).toEqual([])
    })

    it('hands out every committed record again, in order, with sequence, time, session and bytes', async () => {
      const { place, batches } = await writtenPlace(1, 5, 2)
      expect(replayed(place.open())).toEqual(batches.flat())
    })

    it('hands out equal records for any batches, opened again after any number of them', async () => {
      await fc.assert(
        fc.asyncProperty(batchesOfAnyShape, fc.integer({ min: 1, max: 5 }), async (batches, batchesPerOpening) => {
          const place = newPlace()
          for (let from = 0; from < batches.length; from += batchesPerOpening) {
            const log = place.open()
            expect(replayed(log)).toEqual(batches.slice(0, from).flat())
            for (const batch of batches.slice(from, from + batchesPerOpening)) await commitBatch(log, batch)
            log.close()
          }
          const log = place.open()
          expect(replayed(log)).toEqual(batches.flat())
          log.close()
        }),
        { numRuns: 40 },
      )
    })

    it('keeps a message of a megabyte', async () => {
      const place = newPlace()
      const log = place.open()
      log.replay(() => {})
      const message = new Uint8Array(2 ** 20).map((_, index) => index % 251)
      log.append(1, 10, 1, message, 0, message.length)
      await commit(log)
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

    it('copies the bytes, from start to end only', async () => {
      const place = newPlace()
      const log = place.open()
      log.replay(() => {})
      const bytes = Uint8Array.of(9, 1, 2, 3, 9)
      log.append(1, 10, 1, bytes, 1, 4)
      bytes.fill(7)
      await commit(log)
      log.close()
      expect(replayed(place.open())).toEqual([{ sequence: 1, timeUs: 10, session: 1, message: [1, 2, 3] }])
    })

    it('forgets what was appended and never committed, also when it is closed', async () => {
      const place = newPlace()
      const [first, second] = makeBatches(2, 1)
      const log = place.open()
      log.replay(() => {})
      await commitBatch(log, first)
      log.append(3, second[0].timeUs, 1, Uint8Array.of(1), 0, 1)
      expect(replayed(place.open())).toEqual(first)
      log.close()
      expect(replayed(place.open())).toEqual(first)
    })

    it('adds nothing when an empty batch is committed, which is done at once', async () => {
      const place = newPlace()
      const log = place.open()
      log.replay(() => {})
      let done = 0
      const countDone = () => {
        done += 1
      }
      log.commit(countDone)
      expect(done).toBe(1)
      await commitBatch(log, makeBatches(1)[0])
      log.commit(countDone)
      expect(done).toBe(2)
      log.close()
      expect(replayed(place.open())).toHaveLength(1)
    })

    it('calls back once for each commit, and takes the next batch from within the call', async () => {
      const place = newPlace()
      const batches = makeBatches(2, 3, 1)
      const log = place.open()
      log.replay(() => {})
      const remaining = [...batches]
      const positions: number[] = []
      await new Promise<void>((resolve) => {
        const commitNext = () => {
          expect(log.isCommitting).toBe(false)
          positions.push(log.position.sequence)
          const batch = remaining.shift()
          if (batch === undefined) return resolve()
          for (const { sequence, timeUs, session, message } of batch) {
            log.append(sequence, timeUs, session, Uint8Array.from(message), 0, message.length)
          }
          log.commit(commitNext)
        }
        commitNext()
      })
      expect(positions).toEqual([0, 2, 5, 6])
      log.close()
      expect(replayed(place.open())).toEqual(batches.flat())
    })

    it('takes nothing while a commit is under way', async () => {
      const log = openEmpty()
      let outcome: Error | 'done' | undefined
      const [[{ timeUs }]] = makeBatches(1)
      log.append(1, timeUs, 1, Uint8Array.of(1), 0, 1)
      log.commit((error) => {
        outcome = error ?? 'done'
      })
      expect(log.isCommitting).toBe(outcome === undefined)
      if (log.isCommitting) {
        expect(log.position.sequence).toBe(0)
        expect(() => log.append(2, timeUs, 1, Uint8Array.of(1), 0, 1)).toThrow('under way')
        expect(() => log.commit(() => {})).toThrow('under way')
      }
      await vi.waitFor(() => expect(outcome).toBe('done'))
      log.append(2, timeUs, 1, Uint8Array.of(1), 0, 1)
      log.close()
    })

    it.each([
      ['skips a sequence', 3, 100],
      ['repeats a sequence', 1, 100],
      ['goes back in time', 2, 99],
    ])('refuses a record that %s, and takes the right one after it', async (_, sequence, timeUs) => {
      const place = newPlace()
      const log = place.open()
      log.replay(() => {})
      log.append(1, 100, 1, Uint8Array.of(1), 0, 1)
      await commit(log)
      expect(() => log.append(sequence, timeUs, 1, Uint8Array.of(2), 0, 1)).toThrow(RangeError)
      log.append(2, 100, 1, Uint8Array.of(3), 0, 1)
      await commit(log)
      log.close()
      expect(replayed(place.open()).map((record) => record.message)).toEqual([[1], [3]])
    })

    it('refuses a second time within a batch', () => {
      const log = openEmpty()
      log.append(1, 100, 1, Uint8Array.of(1), 0, 1)
      expect(() => log.append(2, 101, 1, Uint8Array.of(2), 0, 1)).toThrow(RangeError)
      log.close()
    })

    it('refuses, when opened again, a record that does not follow what it ends with', async () => {
      const { place } = await writtenPlace(3)
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
      expect(() => log.commit(() => {})).toThrow('replay')
      log.replay(() => {})
      expect(() => log.replay(() => {})).toThrow('once')
      log.close()
    })

    it('takes nothing after a replay that the visitor ended with an error', async () => {
      const { place } = await writtenPlace(1)
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
      expect(() => log.commit(() => {})).toThrow('closed')
    })

    it('has an identity of 32 hexadecimal digits that it keeps, and another log has another', async () => {
      const { place, identity } = await writtenPlace(1)
      expect(identity).toMatch(/^[0-9a-f]{32}$/)
      const again = place.open()
      again.replay(() => {})
      expect(again.identity).toBe(identity)
      again.close()
      expect(openEmpty().identity).not.toBe(identity)
    })

    it('has a position for each batch that stands for all up to there: the same when opened again, another in another log', async () => {
      const { place, positions } = await writtenPlace(1, 2, 3)
      expect(positions.map(({ sequence }) => sequence)).toEqual([0, 1, 3, 6])
      expect(new Set(positions.map(({ digest }) => digest)).size).toBe(4)
      for (const { digest } of positions) expect(digest).toMatch(/^[0-9a-f]{32}$/)
      const again = place.open()
      again.replay(() => {})
      expect(again.position).toEqual(positions[3])
      again.close()
      expect((await writtenPlace(1, 2, 3)).positions[3]).not.toEqual(positions[3])
    })

    it('begins its chain with its identity', () => {
      const log = openEmpty()
      expect(log.position).toEqual({ sequence: 0, digest: log.identity })
      log.close()
    })

    it('hands out what comes after a position, be it the beginning, any batch or the end, and continues', async () => {
      const { place, batches, positions } = await writtenPlace(1, 200, 3, 100, 200, 2)
      for (const [index, position] of positions.entries()) {
        const log = place.open()
        const records: WrittenRecord[] = []
        log.replay((record) => records.push(copyOf(record)), position)
        expect(records).toEqual(batches.slice(index).flat())
        expect(log.position).toEqual(positions.at(-1))
        log.close()
      }
      const log = place.open()
      log.replay(() => {}, positions[4])
      const more = makeBatches(1, 200, 3, 100, 200, 2, 5)[6]
      await commitBatch(log, more)
      log.close()
      expect(replayed(place.open())).toEqual([...batches.flat(), ...more])
    })

    it.each([
      ['with another digest', { sequence: 3, digest: '0'.repeat(32) }, 'not the one'],
      ['within a batch', { sequence: 2, digest: '0'.repeat(32) }, 'no batch ends with sequence 2'],
      ['beyond its end', { sequence: 7, digest: '0'.repeat(32) }, 'ends with sequence 6, but it went on to 7'],
    ])('is not the log of a position %s: it hands out nothing and takes nothing', async (_, position, reason) => {
      const { place } = await writtenPlace(1, 2, 3)
      const log = place.open()
      const visit = vi.fn()
      const replay = () => log.replay(visit, position)
      expect(replay).toThrow(LogCorruptError)
      expect(visit.mock.calls.length).toBe(0)
      expect(() => log.append(7, 2e15, 1, Uint8Array.of(1), 0, 1)).toThrow('replay')
      expect(() => place.open().replay(() => {}, position)).toThrow(reason)
    })
  })
}
