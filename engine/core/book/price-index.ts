/**
 * An ordered set of prices, each with the level that it stands for: a three-step radix tree with a bitmap in every node,
 * so that finding, adding, removing and stepping to the next used price cost the same few operations however many empty
 * prices lie between. Memory follows the prices in use. All trees (one per side of every book) share one pool of nodes.
 */
import type { ImageReader, ImageWriter } from '../image.ts'

/** A node splits its range in this many parts; three steps cover prices up to 2^30 - 1. */
const FAN_OUT_BITS = 10
const FAN_OUT = 1 << FAN_OUT_BITS
const MASK = FAN_OUT - 1

/** A node: one summary word (bit w: word w is not 0), the bitmap of used children, the children. */
const WORDS = 1
const CHILDREN = WORDS + FAN_OUT / 32
const NODE_SIZE = CHILDREN + FAN_OUT

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits)
const highestBit = (bits: number): number => 31 - Math.clz32(bits)

export class PriceIndex {
  private nodes = new Int32Array(NODE_SIZE * 16)
  /** Nodes ever taken; node 0 is never used, so that 0 can mean none. */
  private nodeCount = 1
  /** First of the free nodes, each naming the next in its first child. */
  private freeNode = 0

  /** Makes an empty tree and returns its root. */
  createTree(): number {
    return this.allocate()
  }

  /** The level at a price, 0 if there is none. */
  find(root: number, priceTicks: number): number {
    const middle = this.child(root, priceTicks >>> (2 * FAN_OUT_BITS))
    if (middle === 0) return 0
    const leaf = this.child(middle, (priceTicks >>> FAN_OUT_BITS) & MASK)
    return leaf === 0 ? 0 : this.child(leaf, priceTicks & MASK)
  }

  /** Adds a price that is not in the tree. */
  insert(root: number, priceTicks: number, level: number): void {
    const middle = this.childOrNew(root, priceTicks >>> (2 * FAN_OUT_BITS))
    const leaf = this.childOrNew(middle, (priceTicks >>> FAN_OUT_BITS) & MASK)
    this.setChild(leaf, priceTicks & MASK, level)
  }

  /** Removes a price that is in the tree. */
  remove(root: number, priceTicks: number): void {
    const high = priceTicks >>> (2 * FAN_OUT_BITS)
    const middle = this.child(root, high)
    const leaf = this.child(middle, (priceTicks >>> FAN_OUT_BITS) & MASK)
    if (!this.clearChild(leaf, priceTicks & MASK)) return
    this.release(leaf)
    if (!this.clearChild(middle, (priceTicks >>> FAN_OUT_BITS) & MASK)) return
    this.release(middle)
    this.clearChild(root, high)
  }

  /** The level at the lowest price above `priceTicks`, 0 if there is none. */
  above(root: number, priceTicks: number): number {
    const high = priceTicks >>> (2 * FAN_OUT_BITS)
    let middle = this.child(root, high)
    if (middle !== 0) {
      const centre = (priceTicks >>> FAN_OUT_BITS) & MASK
      let leaf = this.child(middle, centre)
      if (leaf !== 0) {
        const found = this.indexAbove(leaf, priceTicks & MASK)
        if (found >= 0) return this.nodes[leaf * NODE_SIZE + CHILDREN + found]
      }
      const next = this.indexAbove(middle, centre)
      if (next >= 0) {
        leaf = this.nodes[middle * NODE_SIZE + CHILDREN + next]
        return this.lowest(leaf)
      }
    }
    const next = this.indexAbove(root, high)
    if (next < 0) return 0
    middle = this.nodes[root * NODE_SIZE + CHILDREN + next]
    return this.lowest(this.lowest(middle))
  }

  /** The level at the highest price below `priceTicks`, 0 if there is none. */
  below(root: number, priceTicks: number): number {
    const high = priceTicks >>> (2 * FAN_OUT_BITS)
    let middle = this.child(root, high)
    if (middle !== 0) {
      const centre = (priceTicks >>> FAN_OUT_BITS) & MASK
      let leaf = this.child(middle, centre)
      if (leaf !== 0) {
        const found = this.indexBelow(leaf, priceTicks & MASK)
        if (found >= 0) return this.nodes[leaf * NODE_SIZE + CHILDREN + found]
      }
      const next = this.indexBelow(middle, centre)
      if (next >= 0) {
        leaf = this.nodes[middle * NODE_SIZE + CHILDREN + next]
        return this.highest(leaf)
      }
    }
    const next = this.indexBelow(root, high)
    if (next < 0) return 0
    middle = this.nodes[root * NODE_SIZE + CHILDREN + next]
    return this.highest(this.highest(middle))
  }

  write(image: ImageWriter): void {
    image.array(this.nodes, this.nodeCount * NODE_SIZE)
    image.number(this.nodeCount)
    image.number(this.freeNode)
  }

  read(image: ImageReader): void {
    this.nodes = image.int32()
    this.nodeCount = image.number()
    this.freeNode = image.number()
  }

  /** What a node holds at an index, 0 if nothing. */
  private child(node: number, index: number): number {
    const base = node * NODE_SIZE
    const used = this.nodes[base + WORDS + (index >>> 5)] & (1 << (index & 31))
    return used === 0 ? 0 : this.nodes[base + CHILDREN + index]
  }

  private childOrNew(node: number, index: number): number {
    const existing = this.child(node, index)
    if (existing !== 0) return existing
    const created = this.allocate()
    this.setChild(node, index, created)
    return created
  }

  private setChild(node: number, index: number, value: number): void {
    const base = node * NODE_SIZE
    const word = index >>> 5
    this.nodes[base] |= 1 << word
    this.nodes[base + WORDS + word] |= 1 << (index & 31)
    this.nodes[base + CHILDREN + index] = value
  }

  /** Returns whether the node is empty now. */
  private clearChild(node: number, index: number): boolean {
    const base = node * NODE_SIZE
    const word = index >>> 5
    const bits = this.nodes[base + WORDS + word] & ~(1 << (index & 31))
    this.nodes[base + WORDS + word] = bits
    if (bits !== 0) return false
    const summary = this.nodes[base] & ~(1 << word)
    this.nodes[base] = summary
    return summary === 0
  }

  /** Lowest used index above `index`, -1 if there is none. */
  private indexAbove(node: number, index: number): number {
    const base = node * NODE_SIZE
    let word = index >>> 5
    // -2 << 31 is 0: the last bit of a word has nothing above it.
    const bits = this.nodes[base + WORDS + word] & (-2 << (index & 31))
    if (bits !== 0) return (word << 5) + lowestBit(bits)
    const summary = this.nodes[base] & (-2 << word)
    if (summary === 0) return -1
    word = lowestBit(summary)
    return (word << 5) + lowestBit(this.nodes[base + WORDS + word])
  }

  /** Highest used index below `index`, -1 if there is none. */
  private indexBelow(node: number, index: number): number {
    const base = node * NODE_SIZE
    let word = index >>> 5
    const bits = this.nodes[base + WORDS + word] & ((1 << (index & 31)) - 1)
    if (bits !== 0) return (word << 5) + highestBit(bits)
    const summary = this.nodes[base] & ((1 << word) - 1)
    if (summary === 0) return -1
    word = highestBit(summary)
    return (word << 5) + highestBit(this.nodes[base + WORDS + word])
  }

  /** What a node, which must not be empty, holds at its lowest used index. */
  private lowest(node: number): number {
    const base = node * NODE_SIZE
    const word = lowestBit(this.nodes[base])
    return this.nodes[base + CHILDREN + (word << 5) + lowestBit(this.nodes[base + WORDS + word])]
  }

  /** What a node, which must not be empty, holds at its highest used index. */
  private highest(node: number): number {
    const base = node * NODE_SIZE
    const word = highestBit(this.nodes[base])
    return this.nodes[base + CHILDREN + (word << 5) + highestBit(this.nodes[base + WORDS + word])]
  }

  private allocate(): number {
    const free = this.freeNode
    if (free !== 0) {
      this.freeNode = this.nodes[free * NODE_SIZE + CHILDREN]
      return free
    }
    const node = this.nodeCount++
    if (this.nodeCount * NODE_SIZE > this.nodes.length) {
      const larger = new Int32Array(this.nodes.length * 2)
      larger.set(this.nodes)
      this.nodes = larger
    }
    return node
  }

  /** The node must be empty: its bitmap is all 0 then, as a new one's has to be. */
  private release(node: number): void {
    this.nodes[node * NODE_SIZE + CHILDREN] = this.freeNode
    this.freeNode = node
  }
}
