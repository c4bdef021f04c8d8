import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messagePackCodec } from '../../protocol/codec.ts'
import type { Message } from '../../protocol/messages.ts'
import { EventBuffer, eventLayout, eventType } from '../core/index.ts'
import { SessionStream, type StreamCursor, StreamMemory } from './session-stream.ts'

const { PRIVATE_WIDTH, EVENT_NUMBER, SEQUENCE, TYPE } = eventLayout

/** Small enough that a few dozen events fill several chunks: one holds 11 at least, as they take up to 12 bytes each. */
const small = { chunkBytes: 256, retainedEvents: 20 }

const smallStream = (memory = new StreamMemory()) => new SessionStream(memory, small)

function appendNext(stream: SessionStream, count = 1): void {
  const events = new EventBuffer(1)
  for (let index = 0; index < count; index++) {
    events.clear()
    const base = events.claim(PRIVATE_WIDTH)
    events.data.fill(0)
    events.data[base + TYPE] = eventType.massCancelled
    events.data[base + EVENT_NUMBER] = stream.nextEvent
    events.data[base + SEQUENCE] = stream.nextEvent * 10
    stream.append(events.data, base)
  }
}

function numbersOf(bytes: Uint8Array): number[] {
  return (messagePackCodec.decode(bytes) as Message<'massCancelled'>[]).map(({ eventNumber, sequence }) => {
    expect(sequence).toBe(eventNumber * 10)
    return eventNumber
  })
}

/** Event numbers of all that is unsent, in the order in which they are handed out. */
function takeAll(cursor: StreamCursor): number[] {
  const numbers: number[] = []
  while (cursor.hasUnsent) numbers.push(...numbersOf(cursor.take()))
  return numbers
}

/** A cursor that nothing is dropped in front of. */
function pinnedAt(stream: SessionStream, event: number): StreamCursor {
  const cursor = stream.cursorAt(event)
  stream.pin(cursor)
  return cursor
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('SessionStream', () => {
  it('hands out from any event on that it still has, across chunks, and then what is added', () => {
    const stream = smallStream()
    appendNext(stream, 30)
    for (const first of [1, 2, 11, 12, 29, 30]) {
      const cursor = stream.cursorAt(first)
      expect(cursor.firstEvent).toBe(first)
      expect(takeAll(cursor)).toEqual(range(first, 30))
    }
    const cursor = stream.cursorAt(30)
    takeAll(cursor)
    appendNext(stream, 2)
    expect(takeAll(cursor)).toEqual([31, 32])
    expect(cursor.hasUnsent).toBe(false)
  })

  it('hands out nothing old to someone who asks for what is to come', () => {
    const stream = smallStream()
    const first = stream.cursorAt(1)
    expect(first.firstEvent).toBe(1)
    appendNext(stream)
    expect(takeAll(first)).toEqual([1])
    const second = stream.cursorAt(5)
    expect(second.firstEvent).toBe(2)
    appendNext(stream)
    expect(takeAll(second)).toEqual([2])
  })

  it('keeps the events promised, and says which are there', () => {
    const stream = smallStream()
    appendNext(stream, 1_000)
    const cursor = stream.cursorAt(1)
    const first = cursor.firstEvent
    expect(first).toBeGreaterThan(900)
    expect(first).toBeLessThanOrEqual(1_000 - small.retainedEvents + 1)
    expect([first - 1, first, 1_001, 1_002].map((event) => stream.keeps(event))).toEqual([false, true, true, false])
    expect(takeAll(cursor)).toEqual(range(first, 1_000))
  })

  it('forgets nothing that the pinned cursor has not handed out, and counts its bytes', () => {
    const stream = smallStream()
    const cursor = pinnedAt(stream, 1)
    expect(cursor.unsentBytes).toBe(0)
    appendNext(stream, 1_000)
    const bytes = cursor.unsentBytes
    expect(bytes).toBeGreaterThan(1_000 * 8)
    const slice = cursor.take()
    expect(cursor.unsentBytes).toBe(bytes - slice.length)
    expect(takeAll(cursor).at(-1)).toBe(1_000)
    expect(cursor.unsentBytes).toBe(0)
  })

  it('hands out up to a position, so that an answer can stand between two events', () => {
    const stream = smallStream()
    const cursor = stream.cursorAt(1)
    appendNext(stream, 3)
    const { end } = cursor
    appendNext(stream, 2)
    expect(numbersOf(cursor.take(end))).toEqual([1, 2, 3])
    expect(cursor.position).toBe(end)
    expect(takeAll(cursor)).toEqual([4, 5])
  })

  it('goes on for one reader while another one does not read, who holds nothing back and is told that he lost it', () => {
    const stream = smallStream()
    const [fast, slow] = [stream.cursorAt(1), stream.cursorAt(1)]
    const taken: number[] = []
    appendNext(stream, 5)
    expect(numbersOf(slow.take())).toEqual(range(1, 5))
    let kept = 5
    while (!slow.lost) {
      appendNext(stream)
      kept = stream.nextEvent - 1
      taken.push(...takeAll(fast))
      expect(fast.lost).toBe(false)
    }
    expect(taken).toEqual(range(1, kept))
    expect(kept).toBeGreaterThanOrEqual(small.retainedEvents)
    expect(kept).toBeLessThan(100)
  })

  it('uses its memory again once the connection is gone or has everything', () => {
    const stream = smallStream()
    const memory = new Set<ArrayBufferLike>()
    let cursor = pinnedAt(stream, 1)
    for (let turn = 0; turn < 500; turn++) {
      appendNext(stream)
      if (turn === 250) stream.pin(undefined)
      if (turn < 250) memory.add(cursor.take().buffer)
    }
    cursor = pinnedAt(stream, stream.nextEvent)
    for (let turn = 0; turn < 500; turn++) {
      appendNext(stream)
      memory.add(cursor.take().buffer)
    }
    expect(memory.size).toBeLessThan(8)
  })

  it('writes over nothing that an image holds', () => {
    const memory = new StreamMemory()
    const stream = smallStream(memory)
    appendNext(stream, 50)
    memory.heldImages = 1
    const image = stream.parts().map(({ bytes }) => bytes)
    const before = image.map((bytes) => numbersOf(bytes))
    appendNext(stream, 1_000)
    expect(image.map((bytes) => numbersOf(bytes))).toEqual(before)
    memory.heldImages = 0
  })

  it('behaves as a list of the events would, whatever is done to it, restored from its parts in between', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ kind: fc.constant('seek' as const), event: fc.nat({ max: 400 }) }),
      fc.record({ kind: fc.constant('take' as const) }),
      fc.record({ kind: fc.constant('leave' as const) }),
      fc.record({ kind: fc.constant('restore' as const) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let stream = smallStream()
        let cursor: StreamCursor | undefined
        let due = 1
        for (const { kind, ...rest } of steps) {
          if (kind === 'append') appendNext(stream, (rest as { count: number }).count)
          else if (kind === 'leave') {
            stream.pin(undefined)
            cursor = undefined
          } else if (kind === 'seek') {
            const { event } = rest as { event: number }
            cursor = pinnedAt(stream, event)
            due = cursor.firstEvent
            if (event > stream.nextEvent - small.retainedEvents) {
              expect(due).toBe(Math.min(Math.max(event, 1), stream.nextEvent))
              expect(stream.keeps(due)).toBe(true)
            }
          } else if (kind === 'restore') {
            const restored = smallStream()
            restored.restore(stream.nextEvent, stream.parts())
            expect(restored.nextEvent).toBe(stream.nextEvent)
            const oldest = stream.cursorAt(0).firstEvent
            expect(takeAll(restored.cursorAt(0))).toEqual(range(oldest, stream.nextEvent - 1))
            stream = restored
            if (cursor !== undefined) cursor = pinnedAt(stream, due)
          } else if (cursor !== undefined) {
            expect(takeAll(cursor)).toEqual(range(due, stream.nextEvent - 1))
            due = stream.nextEvent
          }
        }
      }),
    )
  })
})
