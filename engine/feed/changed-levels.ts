/**
 * The price levels of one instrument that changed since the last market-data frame, each once, as it is now. An
 * open-addressed table from side and price to its place in the list, so that a level change costs no allocation.
 */
const initialCapacity = 64
const keyWidth = 4

export class ChangedLevels {
  /** Number of levels in the list. */
  count = 0
  /** Per level: side, price in ticks, quantity in lots, number of orders. */
  values = new Float64Array(initialCapacity * keyWidth)
  /** Place in the list plus one by hash, 0 where free. At least twice as large as the list may become. */
  private slots = new Int32Array(initialCapacity * 2)

  /** Notes that a level is now `quantityLots` in `orderCount` orders. */
  set(side: number, priceTicks: number, quantityLots: number, orderCount: number): void {
    const { slots, values } = this
    const mask = slots.length - 1
    let slot = hash(side, priceTicks) & mask
    for (let place = slots[slot]; place !== 0; place = slots[slot]) {
      const base = (place - 1) * keyWidth
      if (values[base + 1] === priceTicks && values[base] === side) {
        values[base + 2] = quantityLots
        values[base + 3] = orderCount
        return
      }
      slot = (slot + 1) & mask
    }
    if ((this.count + 1) * keyWidth > values.length) {
      this.grow()
      this.set(side, priceTicks, quantityLots, orderCount)
      return
    }
    const base = this.count * keyWidth
    values[base] = side
    values[base + 1] = priceTicks
    values[base + 2] = quantityLots
    values[base + 3] = orderCount
    slots[slot] = ++this.count
  }

  clear(): void {
    const { slots, values } = this
    if (this.count * 8 > slots.length) slots.fill(0)
    else {
      // Every slot of a run of collisions belongs to the list, so freeing each level's run frees them all.
      const mask = slots.length - 1
      for (let index = 0; index < this.count; index++) {
        let slot = hash(values[index * keyWidth], values[index * keyWidth + 1]) & mask
        while (slots[slot] !== 0) {
          slots[slot] = 0
          slot = (slot + 1) & mask
        }
      }
    }
    this.count = 0
  }

  private grow(): void {
    const { values, count } = this
    this.values = new Float64Array(values.length * 2)
    this.slots = new Int32Array(this.slots.length * 2)
    this.count = 0
    for (let base = 0; base < count * keyWidth; base += keyWidth) {
      this.set(values[base], values[base + 1], values[base + 2], values[base + 3])
    }
  }
}

/** Neighbouring prices go to neighbouring slots, bids and asks apart. */
function hash(side: number, priceTicks: number): number {
  return priceTicks * 2 + side
}
