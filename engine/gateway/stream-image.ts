/**
 * The streams of all sessions as bytes, for a snapshot: a table that says what follows, then the events as they are kept.
 * Whoever stores it sees to it that damage is noticed; what is checked here is that it is an image of streams.
 *
 *   magic (8), version (4), sessions (4)
 *   per session: number (4), next event (8), parts (4); per part: first event (8), bytes (4)
 *   the parts' bytes, in the same order
 */
import { WireReader } from '../../protocol/wire.ts'
import type { StreamPart } from './session-stream.ts'

/** What an image holds of one session. */
export interface KeptStream {
  readonly session: number
  readonly nextEvent: number
  readonly parts: readonly StreamPart[]
}

/** The bytes are no image of streams; `message` says why. */
export class StreamImageError extends Error {
  override readonly name = 'StreamImageError'
}

const magic = 'TFEVENTS'
const version = 1
const headBytes = 16
const sessionBytes = 16
const partBytes = 12

/** The image in pieces: the events are the memory that was given, not copies. */
export function writeStreamImage(streams: readonly KeptStream[]): Uint8Array[] {
  const partCount = streams.reduce((count, { parts }) => count + parts.length, 0)
  const table = new Uint8Array(headBytes + streams.length * sessionBytes + partCount * partBytes)
  const view = new DataView(table.buffer)
  new TextEncoder().encodeInto(magic, table)
  view.setUint32(8, version, true)
  view.setUint32(12, streams.length, true)
  let offset = headBytes
  const pieces = [table]
  for (const { session, nextEvent, parts } of streams) {
    view.setUint32(offset, session, true)
    view.setFloat64(offset + 4, nextEvent, true)
    view.setUint32(offset + 12, parts.length, true)
    offset += sessionBytes
    for (const { firstEvent, bytes } of parts) {
      view.setFloat64(offset, firstEvent, true)
      view.setUint32(offset + 8, bytes.length, true)
      offset += partBytes
      pieces.push(bytes as Uint8Array<ArrayBuffer>)
    }
  }
  return pieces
}

/**
 * The streams of an image; their parts are views of `bytes`.
 * @throws StreamImageError
 */
export function readStreamImage(bytes: Uint8Array): KeptStream[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < headBytes || new TextDecoder().decode(bytes.subarray(0, 8)) !== magic) {
    throw new StreamImageError('these bytes are no image of event streams')
  }
  if (view.getUint32(8, true) !== version) {
    throw new StreamImageError(`the image has version ${view.getUint32(8, true)}, this is ${version}`)
  }
  try {
    return readStreams(bytes, view, view.getUint32(12, true))
  } catch (error) {
    if (error instanceof RangeError) throw new StreamImageError('the image ends in its table', { cause: error })
    throw error
  }
}

/** Throws a RangeError where the table is not whole. */
function readStreams(bytes: Uint8Array, view: DataView, sessionCount: number): KeptStream[] {
  const streams: { session: number; nextEvent: number; parts: { firstEvent: number; length: number }[] }[] = []
  let offset = headBytes
  for (let count = 0; count < sessionCount; count++) {
    const session = view.getUint32(offset, true)
    const nextEvent = view.getFloat64(offset + 4, true)
    const partCount = view.getUint32(offset + 12, true)
    offset += sessionBytes
    const parts = []
    for (let part = 0; part < partCount; part++) {
      parts.push({ firstEvent: view.getFloat64(offset, true), length: view.getUint32(offset + 8, true) })
      offset += partBytes
    }
    streams.push({ session, nextEvent, parts })
  }
  const cut = (session: number, firstEvent: number, length: number): StreamPart => {
    const part = bytes.subarray(offset, offset + length)
    offset += length
    requireFirstEvent(session, firstEvent, part)
    return { firstEvent, bytes: part }
  }
  const whole = streams.map(({ session, nextEvent, parts }) => {
    return { session, nextEvent, parts: parts.map(({ firstEvent, length }) => cut(session, firstEvent, length)) }
  })
  if (offset !== bytes.length) throw new StreamImageError(`the image should end at byte ${offset}, not ${bytes.length}`)
  return whole
}

/** The first event of a part is the one that the table says. */
function requireFirstEvent(session: number, firstEvent: number, part: Uint8Array): void {
  const reader = new WireReader()
  reader.reset(part, 0, part.length)
  const begins = reader.array() > 1 && reader.uint() >= 0 && reader.uint() === firstEvent
  if (!begins) throw new StreamImageError(`the image has no event ${firstEvent} of session ${session} where it says`)
}
