/** A book built by the two rules of section 9 of protocol/README.md. */
import type { Fields } from './client.ts'

export class ForeignBook {
  /** Quantity and order count by price. */
  readonly bids = new Map<number, string>()
  readonly asks = new Map<number, string>()
  private last = 0

  /** Both sides, by price. */
  get sides(): [number, string][][] {
    return [this.bids, this.asks].map((side) => [...side].sort(([price], [other]) => price - other))
  }

  /** @throws Error where something is missing: the test must not see a gap */
  apply(message: Fields): void {
    if (message.type === 'bookSnapshot') {
      this.bids.clear()
      this.asks.clear()
      for (const level of message.bids as Fields[]) this.set(this.bids, level)
      for (const level of message.asks as Fields[]) this.set(this.asks, level)
    } else {
      if (message.previousSequence !== this.last) throw new Error(`${message.previousSequence} follows ${this.last}`)
      for (const change of message.changes as Fields[]) this.set(change.side === 'buy' ? this.bids : this.asks, change)
    }
    this.last = message.sequence as number
  }

  private set(side: Map<number, string>, { priceTicks, quantityLots, orderCount }: Fields): void {
    if (quantityLots === 0) side.delete(priceTicks as number)
    else side.set(priceTicks as number, `${quantityLots} in ${orderCount}`)
  }
}
