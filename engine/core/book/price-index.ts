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
/** No node has a number above this. The mask changes nothing, but tells V8 that the place of a child cannot overflow. */
const NODE_MASK = 0xfffff

/** A tree: its root, and the leaf that was last found, with what its prices have in common (-1: none was). */
const TREE_SIZE = 3
const ROOT = 0
const RECENT_LEAF = 1
const RECENT_RANGE = 2

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits)
const highestBit = (bits: number): number => 31 - Math.clz32(bits)

export class PriceIndex {
  private nodes = new Int32Array(NODE_SIZE * 16)
  /** Nodes ever taken; node 0 is never used, so that 0 can mean none. */
  private nodeCount = 1
  /** First of the free nodes, each naming the next in its first child. */
  private freeNode = 0
  private trees = new Int32Array(TREE_SIZE * 16)
  private treeCount = 0

  /** Makes an empty tree and returns its number. */
  createTree(): number {
    const tree = this.treeCount++
    const base = tree * TREE_SIZE
    if (base === this.trees.length) this.trees = doubled(this.trees)
    this.trees[base + ROOT] = this.allocate()
    this.trees[base + RECENT_RANGE] = -1
    return tree
  }

  /** The level at a price, 0 if there is none. */
  find(tree: number, priceTicks: number): number {
    const leaf = this.leaf(tree, priceTicks)
    return leaf === 0 ? 0 : this.child(leaf, priceTicks & MASK)
  }

  /** The same for any number at all, but 0 as well where the price is not near the one that was last looked up. */
  findNear(tree: number, priceTicks: number): number {
    const { trees } = this
    const base = tree * TREE_SIZE
    const isNear = trees[base + RECENT_RANGE] === priceTicks >>> FAN_OUT_BITS
    return isNear ? this.child(trees[base + RECENT_LEAF], priceTicks & MASK) : 0
  }

  /** Adds a price that is not in the tree. */
  insert(tree: number, priceTicks: number, level: number): void {
    const leaf = this.leaf(tree, priceTicks)
    this.setChild(leaf === 0 ? this.newLeaf(tree, priceTicks) : leaf, priceTicks & MASK, level)
  }

  /** Removes a price that is in the tree. */
  remove(tree: number, priceTicks: number): void {
    const leaf = this.leaf(tree, priceTicks)
    if (this.clearChild(leaf, priceTicks & MASK)) this.removeLeaf(tree, priceTicks, leaf)
  }

  /** The level at the lowest price above `priceTicks`, 0 if there is none. */
  above(tree: number, priceTicks: number): number {
    const leaf = this.leaf(tree, priceTicks)
    if (leaf !== 0) {
      const found = this.indexAbove(leaf, priceTicks & MASK)
      if (found >= 0) return this.child(leaf, found)
    }
    const root = this.root(tree)
    const high = priceTicks >>> (2 * FAN_OUT_BITS)
    const middle = this.child(root, high)
    if (middle !== 0) {
      const next = this.indexAbove(middle, (priceTicks >>> FAN_OUT_BITS) & MASK)
      if (next >= 0) return this.lowest(this.child(middle, next))
    }
    const next = this.indexAbove(root, high)
    return next < 0 ? 0 : this.lowest(this.lowest(this.child(root, next)))
  }

  /** The level at the highest price below `priceTicks`, 0 if there is none. */
  below(tree: number, priceTicks: number): number {
    const leaf = this.leaf(tree, priceTicks)
    if (leaf !== 0) {
      const found = this.indexBelow(leaf, priceTicks & MASK)
      if (found >= 0) return this.child(leaf, found)
    }
    const root = this.root(tree)
    const high = priceTicks >>> (2 * FAN_OUT_BITS)
    const middle = this.child(root, high)
    if (middle !== 0) {
      const next = this.indexBelow(middle, (priceTicks >>> FAN_OUT_BITS) & MASK)
      if (next >= 0) return this.highest(this.child(middle, next))
    }
    const next = this.indexBelow(root, high)
    return next < 0 ? 0 : this.highest(this.highest(this.child(root, next)))
  }

  write(image: ImageWriter): void {
    image.array(this.nodes, this.nodeCount * NODE_SIZE)
    image.number(this.nodeCount)
    image.number(this.freeNode)
    image.array(this.trees, this.treeCount * TREE_SIZE)
    image.number(this.treeCount)
  }

  read(image: ImageReader): void {
    this.nodes = image.int32()
    this.nodeCount = image.number()
    this.freeNode = image.number()
    this.trees = image.int32()
    this.treeCount = image.number()
  }

  private root(tree: number): number {
    return this.trees[tree * TREE_SIZE + ROOT]
  }

  /** The leaf that a price belongs to, 0 if there is none. Prices in use lie close together, so it is mostly the last one again. */
  private leaf(tree: number, priceTicks: number): number {
    const { trees } = this
    const base = tree * TREE_SIZE
    const range = priceTicks >>> FAN_OUT_BITS
    return trees[base + RECENT_RANGE] === range ? trees[base + RECENT_LEAF] : this.findLeaf(base, range)
  }

  private findLeaf(base: number, range: number): number {
    const { trees } = this
    const middle = this.child(trees[base + ROOT], range >>> FAN_OUT_BITS)
    if (middle === 0) return 0
    const leaf = this.child(middle, range & MASK)
    if (leaf !== 0) {
      trees[base + RECENT_LEAF] = leaf
      trees[base + RECENT_RANGE] = range
    }
    return leaf
  }

  private newLeaf(tree: number, priceTicks: number): number {
    const middle = this.childOrNew(this.root(tree), priceTicks >>> (2 * FAN_OUT_BITS))
    return this.childOrNew(middle, (priceTicks >>> FAN_OUT_BITS) & MASK)
  }

  /** Removes a leaf that has become empty. */
  private removeLeaf(tree: number, priceTicks: number, leaf: number): void {
    this.trees[tree * TREE_SIZE + RECENT_RANGE] = -1
    this.release(leaf)
    const root = this.root(tree)
    const high = priceTicks >>> (2 * FAN_OUT_BITS)
    const middle = this.child(root, high)
    if (!this.clearChild(middle, (priceTicks >>> FAN_OUT_BITS) & MASK)) return
    this.release(middle)
    this.clearChild(root, high)
  }

  /** What a node holds at an index, 0 if nothing. */
  private child(node: number, index: number): number {
    return this.nodes[(node & NODE_MASK) * NODE_SIZE + CHILDREN + index]
  }

  private childOrNew(node: number, index: number): number {
    const existing = this.child(node, index)
    if (existing !== 0) return existing
    const created = this.allocate()
    this.setChild(node, index, created)
    return created
  }

  private setChild(node: number, index: number, value: number): void {
    const base = (node & NODE_MASK) * NODE_SIZE
    const word = index >>> 5
    this.nodes[base] |= 1 << word
    this.nodes[base + WORDS + word] |= 1 << (index & 31)
    this.nodes[base + CHILDREN + index] = value
  }

  /** Returns whether the node is empty now. */
  private clearChild(node: number, index: number): boolean {
    const base = (node & NODE_MASK) * NODE_SIZE
    const word = index >>> 5
    const bits = this.nodes[base + WORDS + word] & ~(1 << (index & 31))
    this.nodes[base + WORDS + word] = bits
    this.nodes[base + CHILDREN + index] = 0
    if (bits !== 0) return false
    const summary = this.nodes[base] & ~(1 << word)
    this.nodes[base] = summary
    return summary === 0
  }

  /** Lowest used index above `index`, -1 if there is none. */
  private indexAbove(node: number, index: number): number {
    const base = (node & NODE_MASK) * NODE_SIZE
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
    const base = (node & NODE_MASK) * NODE_SIZE
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
    const base = (node & NODE_MASK) * NODE_SIZE
    const word = lowestBit(this.nodes[base])
    return this.nodes[base + CHILDREN + (word << 5) + lowestBit(this.nodes[base + WORDS + word])]
  }

  /** What a node, which must not be empty, holds at its highest used index. */
  private highest(node: number): number {
    const base = (node & NODE_MASK) * NODE_SIZE
    const word = highestBit(this.nodes[base])
    return this.nodes[base + CHILDREN + (word << 5) + highestBit(this.nodes[base + WORDS + word])]
  }

  private allocate(): number {
    const free = this.freeNode
    if (free !== 0) {
      this.freeNode = this.nodes[free * NODE_SIZE + CHILDREN]
      this.nodes[free * NODE_SIZE + CHILDREN] = 0
      return free
    }
    const node = this.nodeCount++
    if (this.nodeCount * NODE_SIZE > this.nodes.length) this.nodes = doubled(this.nodes)
    return node
  }

  /** The node must be empty: it is all 0 then, as a new one has to be. */
  private release(node: number): void {
    this.nodes[(node & NODE_MASK) * NODE_SIZE + CHILDREN] = this.freeNode
    this.freeNode = node
  }
}

function doubled(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(numbers.length * 2)
  larger.set(numbers)
  return larger
}
