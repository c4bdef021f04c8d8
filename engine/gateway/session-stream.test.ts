import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messagePackCodec } from '../../protocol/codec.ts'
import type { Message } from '../../protocol/messages.ts'
import { EventBuffer, eventLayout, eventType } from '../core/index.ts'
import { SessionStream } from './session-stream.ts'

const { PRIVATE_WIDTH, EVENT_NUMBER, SEQUENCE, TYPE } = eventLayout

/** Small enough that a few dozen events fill several chunks: one holds 11 at least, as they take up to 12 bytes each. */
const small = { chunkBytes: 256, retainedEvents: 20 }

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

/** Event numbers of all that is unsent, in the order in which they are handed out. */
function takeAll(stream: SessionStream): number[] {
  const numbers: number[] = []
  while (stream.hasUnsent) {
    for (const message of messagePackCodec.decode(stream.take()) as Message<'massCancelled'>[]) {
      expect(message.sequence).toBe(message.eventNumber * 10)
      numbers.push(message.eventNumber)
    }
  }
  return numbers
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('SessionStream', () => {
  it('hands out from any event on that it still has, across chunks, and then what is added', () => {
    const stream = new SessionStream(small)
    appendNext(stream, 30)
    for (const first of [1, 2, 11, 12, 29, 30]) {
      expect(stream.seek(first)).toBe(first)
      expect(takeAll(stream)).toEqual(range(first, 30))
    }
    appendNext(stream, 2)
    expect(takeAll(stream)).toEqual([31, 32])
    expect(stream.hasUnsent).toBe(false)
  })

  it('hands out nothing old to someone who asks for what is to come', () => {
    const stream = new SessionStream(small)
    expect(stream.seek(1)).toBe(1)
    appendNext(stream)
    expect(takeAll(stream)).toEqual([1])
    expect(stream.seek(5)).toBe(2)
    appendNext(stream)
    expect(takeAll(stream)).toEqual([2])
  })

  it('keeps the events promised, and says which is the first that it has', () => {
    const stream = new SessionStream(small)
    appendNext(stream, 1_000)
    const first = stream.seek(1)
    expect(first).toBeGreaterThan(900)
    expect(first).toBeLessThanOrEqual(1_000 - small.retainedEvents + 1)
    expect(takeAll(stream)).toEqual(range(first, 1_000))
  })

  it('forgets nothing that the connection has not been given, and counts its bytes', () => {
    const stream = new SessionStream(small)
    stream.seek(1)
    expect(stream.unsentBytes).toBe(0)
    appendNext(stream, 1_000)
    const bytes = stream.unsentBytes
    expect(bytes).toBeGreaterThan(1_000 * 8)
    const slice = stream.take()
    expect(stream.unsentBytes).toBe(bytes - slice.length)
    expect(takeAll(stream).at(-1)).toBe(1_000)
    expect(stream.unsentBytes).toBe(0)
  })

  it('uses its memory again once the connection is gone or has everything', () => {
    const stream = new SessionStream(small)
    const memory = new Set<ArrayBufferLike>()
    stream.seek(1)
    for (let turn = 0; turn < 500; turn++) {
      appendNext(stream)
      if (turn === 250) stream.release()
      if (turn < 250) memory.add(stream.take().buffer)
    }
    stream.seek(stream.nextEvent)
    for (let turn = 0; turn < 500; turn++) {
      appendNext(stream)
      memory.add(stream.take().buffer)
    }
    expect(memory.size).toBeLessThan(8)
  })

  it('behaves as a list of the events would, whatever is done to it', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ kind: fc.constant('seek' as const), event: fc.nat({ max: 400 }) }),
      fc.record({ kind: fc.constant('take' as const) }),
      fc.record({ kind: fc.constant('release' as const) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const stream = new SessionStream(small)
        let connected = false
        let due = 1
        for (const { kind, ...rest } of steps) {
          if (kind === 'append') appendNext(stream, (rest as { count: number }).count)
          else if (kind === 'release') {
            stream.release()
            connected = false
          } else if (kind === 'seek') {
            const { event } = rest as { event: number }
            due = stream.seek(event)
            connected = true
            if (event >= stream.nextEvent - small.retainedEvents)
              expect(due).toBe(Math.min(Math.max(event, 1), stream.nextEvent))
          } else {
            const numbers = takeAll(stream)
            expect(numbers).toEqual(connected ? range(due, stream.nextEvent - 1) : [])
            if (connected) due = stream.nextEvent
          }
        }
      }),
    )
  })
})
