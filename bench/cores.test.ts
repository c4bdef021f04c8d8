import { describe, expect, it } from 'vitest'
import { parseCoreList } from './cores.ts'

describe('core list', () => {
  it('holds single cores and ranges', () => {
    expect(parseCoreList('0-2,5')).toEqual([0, 1, 2, 5])
    expect(parseCoreList('3')).toEqual([3])
    expect(parseCoreList('')).toEqual([])
  })
})
