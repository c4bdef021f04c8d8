/**
 * Frames of a WebSocket client. The mask key is 0, which a client may choose, so that payloads are written in place and
 * stay as they are; a browser must not do so, a load generator may.
 */
import { opcodes } from './frame-parser.ts'

/** Bytes before a payload of fewer than 126 bytes. */
export const smallHeaderBytes = 6

/** Writes the header of a binary frame with a payload of fewer than 126 bytes. */
export function writeSmallHeader(bytes: Uint8Array, offset: number, payloadBytes: number): void {
  bytes[offset] = 0x80 | opcodes.binary
  bytes[offset + 1] = 0x80 | payloadBytes
  bytes[offset + 2] = 0
  bytes[offset + 3] = 0
  bytes[offset + 4] = 0
  bytes[offset + 5] = 0
}

/** A whole frame of up to 65,535 payload bytes, for what is sent rarely. */
export function clientFrame(opcode: number, payload: Uint8Array): Buffer {
  const header =
    payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 0xff]
  return Buffer.concat([Uint8Array.from([0x80 | opcode, ...header, 0, 0, 0, 0]), payload])
}
