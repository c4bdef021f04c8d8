import { describe, expect, it } from 'vitest'
import { imageMemory } from './image-memory.ts'

const exchange = (imageBytes: number) => ({ imageBytes: () => imageBytes })

/** Turns that pass as soon as somebody waits for one. */
function turns() {
  const passed = { count: 0 }
  const afterTurn = (callback: () => void) => {
    passed.count += 1
    queueMicrotask(callback)
  }
  return { passed, clock: { afterTurn } }
}

describe('memory for an image', () => {
  it('has an eighth more room than the image needs now', async () => {
    const { clock } = turns()
    expect((await imageMemory(exchange(8_000_000), clock)).byteLength).toBe(9_000_000)
  })

  it('is made ready a mebibyte a turn', async () => {
    const { clock, passed } = turns()
    await imageMemory(exchange(8 * 2 ** 20), clock)
    expect(passed.count).toBe(9)
  })

  it('is that of a former image if that has room, and some for more orders', async () => {
    const { clock, passed } = turns()
    const former = new ArrayBuffer(33_000)
    expect(await imageMemory(exchange(32_000), clock, former)).toBe(former)
    expect(passed.count).toBe(0)
    expect((await imageMemory(exchange(32_001), clock, former)).byteLength).toBe(36_002)
  })
})
