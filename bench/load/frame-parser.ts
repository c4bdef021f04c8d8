/**
 * Cuts the bytes of a WebSocket connection, however TCP hands them over, into the server's frames, without allocating.
 * It knows what a server of ours sends (whole, unmasked, uncompressed frames) and refuses everything else.
 */

export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** Called for each frame. `bytes` belongs to the parser or its caller and is valid only during the call. */
export type FrameHandler = (opcode: number, bytes: Buffer, start: number, end: number) => void

const finalBit = 0x80
const reservedBits = 0x70
const maskedBit = 0x80

export class FrameParser {
  private readonly onFrame: FrameHandler
  /** The beginning of a frame whose end has not arrived. */
  private readonly carry: Buffer
  private carried = 0

  /** A frame larger than `maxFrameBytes`, header included, is an error. */
  constructor(onFrame: FrameHandler, maxFrameBytes = 4 * 2 ** 20) {
    this.onFrame = onFrame
    this.carry = Buffer.allocUnsafe(maxFrameBytes)
  }

  /** Takes what has arrived: the bytes from `start` up to, but not including, `end`. */
  push(bytes: Buffer, start: number, end: number): void {
    let offset = start
    while (this.carried > 0 && offset < end) {
      const wanted = this.frameBytes(this.carry, 0, this.carried)
      const copied = Math.min(wanted - this.carried, end - offset)
      bytes.copy(this.carry, this.carried, offset, offset + copied)
      this.carried += copied
      offset += copied
      // The header itself may just have become complete, and asks for more now.
      if (this.carried === this.frameBytes(this.carry, 0, this.carried)) {
        const size = this.carried
        this.carried = 0
        this.emit(this.carry, 0, size)
      }
    }
    while (offset < end) {
      const size = this.frameBytes(bytes, offset, end)
      if (offset + size > end) {
        this.carried = bytes.copy(this.carry, 0, offset, end)
        return
      }
      this.emit(bytes, offset, offset + size)
      offset += size
    }
  }

  private frameBytes(bytes: Buffer, start: number, end: number): number {
    const size = knownFrameBytes(bytes, start, end)
    if (size > this.carry.length) throw new Error(`a frame of ${size} bytes is larger than ${this.carry.length}`)
    return size
  }

  private emit(bytes: Buffer, start: number, end: number): void {
    this.onFrame(bytes[start] & 0x0f, bytes, start + headerBytes(bytes[start + 1]), end)
  }
}

/** Size of the frame that begins at `start`; of as much of its header as comes next, while that is not there. */
function knownFrameBytes(bytes: Buffer, start: number, end: number): number {
  const available = end - start
  if (available < 2) return 2
  const first = bytes[start]
  if ((first & finalBit) === 0 || (first & reservedBits) !== 0) throw new Error('a fragmented or compressed frame')
  const lengthByte = bytes[start + 1]
  if ((lengthByte & maskedBit) !== 0) throw new Error('a masked frame from a server')
  const header = headerBytes(lengthByte)
  if (available < header) return header
  if (header === 2) return 2 + lengthByte
  if (header === 4) return 4 + bytes.readUInt16BE(start + 2)
  return 10 + bytes.readUInt32BE(start + 2) * 2 ** 32 + bytes.readUInt32BE(start + 6)
}

function headerBytes(lengthByte: number): number {
  return lengthByte < 126 ? 2 : lengthByte === 126 ? 4 : 10
}
