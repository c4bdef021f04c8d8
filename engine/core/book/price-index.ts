/**
 * An ordered set of prices, each with the level that it stands for: a radix tree with a bitmap in every node, so that
 * finding, adding, removing and stepping to the next used price cost the same few operations however many empty prices
 * lie between. Memory follows the prices in use: nodes are small, and there are none where no price is. All trees (one
 * per side of every book) share one pool of nodes.
 */
import type { ImageReader, ImageWriter } from '../image.ts'
import { grownRecords } from './pool-growth.ts'

/** A node splits its range in this many parts, one for each bit of two words. */
const FAN_OUT_BITS = 6
const FAN_OUT = 1 << FAN_OUT_BITS
const MASK = FAN_OUT - 1
/** Where the root's digit of a price begins: five steps cover prices up to 2^30 - 1. */
const ROOT_SHIFT = 4 * FAN_OUT_BITS
/** The same for a page, a node two steps from the levels. A tree remembers one: 4,096 prices that are found at once. */
const PAGE_SHIFT = FAN_OUT_BITS
const PAGE_BITS = PAGE_SHIFT + FAN_OUT_BITS

/** A node: the children, 0 where there is none, and the bitmap of those in use. It is known by the place where it begins. */
const BITMAP = FAN_OUT
const NODE_SIZE = BITMAP + FAN_OUT / 32
/** No node begins above this. The mask changes nothing, but tells V8 that the place of a child cannot overflow. */
const NODE_MASK = 0x3fffffff

/** A tree: its root, and the page that was last found, with what its prices have in common (-1: none was). */
const TREE_SIZE = 3
const ROOT = 0
const RECENT_PAGE = 1
const RECENT_RANGE = 2

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits)
const highestBit = (bits: number): number => 31 - Math.clz32(bits)
/** The part of a price that says which child of a node it belongs to. */
const digit = (priceTicks: number, shift: number): number => (priceTicks >>> shift) & MASK

export class PriceIndex {
  private nodes = new Int32Array(NODE_SIZE * 16)
  /** Nodes ever taken. Node 0 means none: it has no child, so that a search may go on in it and finds 0. */
  private nodeCount = 1
  /** First of the free nodes, each naming the next in its first child. */
  private freeNode = 0
  private trees = new Int32Array(TREE_SIZE * 16)
  private treeCount = 0

  /** Makes an empty tree and returns its number. */
  createTree(): number {
    const tree = this.treeCount++
    const base = tree * TREE_SIZE
    if (base === this.trees.length) this.trees = lengthened(this.trees, 2 * base)
    this.trees[base + ROOT] = this.allocate()
    this.trees[base + RECENT_RANGE] = -1
    return tree
  }

  /** The level at a price, 0 if there is none. */
  find(tree: number, priceTicks: number): number {
    return this.levelIn(this.page(tree, priceTicks), priceTicks)
  }

  /** The same for any number at all, but 0 as well where the price is not near the one that was last looked up. */
  findNear(tree: number, priceTicks: number): number {
    const { trees } = this
    const base = tree * TREE_SIZE
    const isNear = trees[base + RECENT_RANGE] === priceTicks >>> PAGE_BITS
    return isNear ? this.levelIn(trees[base + RECENT_PAGE], priceTicks) : 0
  }

  /** Adds a price that is not in the tree. */
  insert(tree: number, priceTicks: number, level: number): void {
    const found = this.page(tree, priceTicks)
    const page = found === 0 ? this.newPage(tree, priceTicks) : found
    this.setChild(this.childOrNew(page, digit(priceTicks, PAGE_SHIFT)), digit(priceTicks, 0), level)
  }

  /** Removes a price that is in the tree, and every node that is empty then, except the root. */
  remove(tree: number, priceTicks: number): void {
    const page = this.page(tree, priceTicks)
    const leaf = this.child(page, digit(priceTicks, PAGE_SHIFT))
    if (!this.clearChild(leaf, digit(priceTicks, 0))) return
    this.release(leaf)
    if (this.clearChild(page, digit(priceTicks, PAGE_SHIFT))) this.removePage(tree, priceTicks, page)
  }

  /** The level at the lowest price above `priceTicks`, 0 if there is none. */
  above(tree: number, priceTicks: number): number {
    const page = this.page(tree, priceTicks)
    const leaf = this.child(page, digit(priceTicks, PAGE_SHIFT))
    const found = this.nextAbove(leaf, digit(priceTicks, 0))
    if (found !== 0) return found
    const next = this.nextAbove(page, digit(priceTicks, PAGE_SHIFT))
    return next !== 0 ? this.lowest(next) : this.farAbove(tree, priceTicks)
  }

  /** The level at the highest price below `priceTicks`, 0 if there is none. */
  below(tree: number, priceTicks: number): number {
    const page = this.page(tree, priceTicks)
    const leaf = this.child(page, digit(priceTicks, PAGE_SHIFT))
    const found = this.nextBelow(leaf, digit(priceTicks, 0))
    if (found !== 0) return found
    const next = this.nextBelow(page, digit(priceTicks, PAGE_SHIFT))
    return next !== 0 ? this.highest(next) : this.farBelow(tree, priceTicks)
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

  /** The page that a price belongs to, 0 if there is none. Prices in use lie close together, so it is mostly the last one again. */
  private page(tree: number, priceTicks: number): number {
    const { trees } = this
    const base = tree * TREE_SIZE
    const isRecent = trees[base + RECENT_RANGE] === priceTicks >>> PAGE_BITS
    return isRecent ? trees[base + RECENT_PAGE] : this.findPage(base, priceTicks)
  }

  private findPage(base: number, priceTicks: number): number {
    let page = this.trees[base + ROOT]
    for (let shift = ROOT_SHIFT; shift > PAGE_SHIFT; shift -= FAN_OUT_BITS) {
      page = this.child(page, digit(priceTicks, shift))
    }
    if (page !== 0) {
      this.trees[base + RECENT_PAGE] = page
      this.trees[base + RECENT_RANGE] = priceTicks >>> PAGE_BITS
    }
    return page
  }

  private newPage(tree: number, priceTicks: number): number {
    let page = this.root(tree)
    for (let shift = ROOT_SHIFT; shift > PAGE_SHIFT; shift -= FAN_OUT_BITS) {
      page = this.childOrNew(page, digit(priceTicks, shift))
    }
    return page
  }

  /** Removes a page that has become empty. */
  private removePage(tree: number, priceTicks: number, page: number): void {
    this.trees[tree * TREE_SIZE + RECENT_RANGE] = -1
    this.removeBelow(this.root(tree), ROOT_SHIFT, priceTicks, page)
  }

  /** Removes an empty page below a node, with what else is empty then. Returns whether the node is empty now. */
  private removeBelow(node: number, shift: number, priceTicks: number, page: number): boolean {
    const index = digit(priceTicks, shift)
    const child = this.child(node, index)
    if (child !== page && !this.removeBelow(child, shift - FAN_OUT_BITS, priceTicks, page)) return false
    this.release(child)
    return this.clearChild(node, index)
  }

  /** As `above`, where the page of the price has nothing above it. */
  private farAbove(tree: number, priceTicks: number): number {
    let node = this.root(tree)
    // The node of the lowest prices above, and where its digit of a price begins. One that branches off later is closer.
    let next = 0
    let nextShift = 0
    for (let shift = ROOT_SHIFT; shift > PAGE_SHIFT; shift -= FAN_OUT_BITS) {
      const index = digit(priceTicks, shift)
      const sibling = this.nextAbove(node, index)
      if (sibling !== 0) {
        next = sibling
        nextShift = shift - FAN_OUT_BITS
      }
      node = this.child(node, index)
    }
    if (next === 0) return 0
    for (; nextShift > 0; nextShift -= FAN_OUT_BITS) next = this.lowest(next)
    return this.lowest(next)
  }

  /** As `below`, where the page of the price has nothing below it. */
  private farBelow(tree: number, priceTicks: number): number {
    let node = this.root(tree)
    let next = 0
    let nextShift = 0
    for (let shift = ROOT_SHIFT; shift > PAGE_SHIFT; shift -= FAN_OUT_BITS) {
      const index = digit(priceTicks, shift)
      const sibling = this.nextBelow(node, index)
      if (sibling !== 0) {
        next = sibling
        nextShift = shift - FAN_OUT_BITS
      }
      node = this.child(node, index)
    }
    if (next === 0) return 0
    for (; nextShift > 0; nextShift -= FAN_OUT_BITS) next = this.highest(next)
    return this.highest(next)
  }

  /** The level at a price of a page, 0 if there is none. */
  private levelIn(page: number, priceTicks: number): number {
    return this.child(this.child(page, digit(priceTicks, PAGE_SHIFT)), digit(priceTicks, 0))
  }

  /** What a node holds at an index, 0 if nothing. */
  private child(node: number, index: number): number {
    return this.nodes[(node & NODE_MASK) + index]
  }

  private childOrNew(node: number, index: number): number {
    const existing = this.child(node, index)
    if (existing !== 0) return existing
    const created = this.allocate()
    this.setChild(node, index, created)
    return created
  }

  private setChild(node: number, index: number, value: number): void {
    const base = node & NODE_MASK
    this.nodes[base + BITMAP + (index >>> 5)] |= 1 << (index & 31)
    this.nodes[base + index] = value
  }

  /** Returns whether the node is empty now. */
  private clearChild(node: number, index: number): boolean {
    const base = node & NODE_MASK
    const word = index >>> 5
    const bits = this.nodes[base + BITMAP + word] & ~(1 << (index & 31))
    this.nodes[base + BITMAP + word] = bits
    this.nodes[base + index] = 0
    return bits === 0 && this.nodes[base + BITMAP + (word ^ 1)] === 0
  }

  /** What a node holds at its lowest used index above `index`, 0 if there is none. */
  private nextAbove(node: number, index: number): number {
    const base = node & NODE_MASK
    const word = index >>> 5
    // -2 << 31 is 0: the last bit of a word has nothing above it.
    const bits = this.nodes[base + BITMAP + word] & (-2 << (index & 31))
    if (bits !== 0) return this.nodes[base + (word << 5) + lowestBit(bits)]
    if (word !== 0) return 0
    const second = this.nodes[base + BITMAP + 1]
    return second === 0 ? 0 : this.nodes[base + 32 + lowestBit(second)]
  }

  /** What a node holds at its highest used index below `index`, 0 if there is none. */
  private nextBelow(node: number, index: number): number {
    const base = node & NODE_MASK
    const word = index >>> 5
    const bits = this.nodes[base + BITMAP + word] & ((1 << (index & 31)) - 1)
    if (bits !== 0) return this.nodes[base + (word << 5) + highestBit(bits)]
    if (word === 0) return 0
    const first = this.nodes[base + BITMAP]
    return first === 0 ? 0 : this.nodes[base + highestBit(first)]
  }

  /** What a node, which must not be empty, holds at its lowest used index. */
  private lowest(node: number): number {
    const base = node & NODE_MASK
    const first = this.nodes[base + BITMAP]
    const index = first !== 0 ? lowestBit(first) : 32 + lowestBit(this.nodes[base + BITMAP + 1])
    return this.nodes[base + index]
  }

  /** What a node, which must not be empty, holds at its highest used index. */
  private highest(node: number): number {
    const base = node & NODE_MASK
    const second = this.nodes[base + BITMAP + 1]
    const index = second !== 0 ? 32 + highestBit(second) : highestBit(this.nodes[base + BITMAP])
    return this.nodes[base + index]
  }

  private allocate(): number {
    const free = this.freeNode & NODE_MASK
    if (free !== 0) {
      this.freeNode = this.nodes[free]
      this.nodes[free] = 0
      return free
    }
    const node = this.nodeCount++ * NODE_SIZE
    if (node === this.nodes.length) this.nodes = lengthened(this.nodes, grownRecords(this.nodeCount) * NODE_SIZE)
    return node
  }

  /** The node must be empty: it is all 0 then, as a new one has to be. */
  private release(node: number): void {
    this.nodes[node & NODE_MASK] = this.freeNode
    this.freeNode = node
  }
}

function lengthened(numbers: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length)
  longer.set(numbers)
  return longer
}
