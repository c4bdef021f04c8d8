import { describe, expect, it } from 'vitest'
import { frameBytes, keysOf } from './terminal.ts'

describe('keys', () => {
  it('stops by q and by Ctrl-C, which arrives as a byte', () => {
    expect(keysOf('q')).toEqual(['stop'])
    expect(keysOf('\x03')).toEqual(['stop'])
  })

  it('scrolls by arrow keys, also when several arrive at once', () => {
    expect(keysOf('\x1b[A\x1b[B\x1b[B')).toEqual(['up', 'down', 'down'])
  })

  it('takes no part of another key for one of its own', () => {
    expect(keysOf('\x1b[C\x1b[Hx\n')).toEqual([])
  })
})

describe('a frame', () => {
  it('writes only the lines that changed, each at its row', () => {
    expect(frameBytes(['one', 'two', 'three'], ['one', 'TWO', 'three'])).toBe(
      '\x1b[?2026h\x1b[2;1H\x1b[0m\x1b[KTWO\x1b[?2026l',
    )
  })

  it('writes nothing where nothing changed', () => {
    expect(frameBytes(['one'], ['one'])).toBe('')
  })

  it('empties rows that are not used any more', () => {
    expect(frameBytes(['one', 'two'], ['one'])).toContain('\x1b[2;1H\x1b[0m\x1b[K')
  })
})
