/**
 * A bot's only source of chance: sfc32, seeded through splitmix32. The same seed gives the same numbers on any machine,
 * so that a bot's decisions can be repeated.
 */
export class RandomSource {
  private a: number
  private b: number
  private c: number
  private counter = 1
  /** The second number of the last pair of normal ones. */
  private spareNormal: number | undefined

  /** @param seed any integer; its lower 53 bits count */
  constructor(seed: number) {
    const next = splitmix32(seed)
    this.a = next()
    this.b = next()
    this.c = next()
    // Seeds that are near each other differ after a few rounds.
    for (let round = 0; round < 12; round += 1) this.uint32()
  }

  /** Uniform integer from 0 to 2^32 - 1. */
  uint32(): number {
    const result = (this.a + this.b + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0
    return result >>> 0
  }

  /** Uniform from [0, 1), with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53
  }

  /** Uniform integer from 0 to `count - 1`. */
  integerBelow(count: number): number {
    return Math.floor(this.uniform() * count)
  }

  /** Exponential with this mean: the wait for the next of events that come at random. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform())
  }

  /** Normal, by Box and Muller. */
  normal(mean: number, standardDeviation: number): number {
    let standard = this.spareNormal
    if (standard === undefined) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
      const angle = 2 * Math.PI * this.uniform()
      standard = radius * Math.cos(angle)
      this.spareNormal = radius * Math.sin(angle)
    } else {
      this.spareNormal = undefined
    }
    return mean + standardDeviation * standard
  }

  /** One of the elements of a list that is not empty. */
  pick<Element>(list: readonly Element[]): Element {
    return list[this.integerBelow(list.length)]
  }
}

/** Spreads a seed over as many 32-bit numbers as are asked for. */
function splitmix32(seed: number): () => number {
  let state = (seed ^ Math.floor(seed / 2 ** 32)) | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) | 0
  }
}
