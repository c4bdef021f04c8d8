/**
 * What one connection of the load does: it rests limit orders around a fixed price and cancels them again, and now and
 * then sends one that trades, in the shares of the mixed flow (47 passive limit : 45 cancel : 5 crossing limit : 3
 * immediate-or-cancel or market). How many of its orders rest is bounded.
 */
import { enumerations, messages } from '../../protocol/messages.ts'
import { encodeOrderEntry, type OrderEntryFields } from '../../protocol/order-entry-codec.ts'
import type { WireWriter } from '../../protocol/wire.ts'
import { Random } from '../random.ts'

/** Most resting orders of a stream. Sixteen streams keep about a thousand between them. */
const maxOpenOrders = 128
const depthTicks = 50
/** The order's state is kept by the low bits of its ref; no order lives as long as it takes them to come round. */
const refMask = 0xffff

const { limit, market } = enumerations.orderType
const { goodTillCancel, immediateOrCancel } = enumerations.timeInForce

/** Where a stream trades. */
export interface StreamPlace {
  readonly instrument: number
  /** Its orders lie around this price. */
  readonly fairPriceTicks: number
}

export class OrderStream {
  private readonly random: Random
  private readonly instrument: number
  private readonly fairPriceTicks: number
  /** Refs of orders that may rest, in no order. */
  private readonly openRefs: number[] = []
  private readonly isOpen = new Uint8Array(refMask + 1)
  private readonly command: OrderEntryFields

  constructor(seed: number, { instrument, fairPriceTicks }: StreamPlace) {
    this.random = new Random(seed)
    this.instrument = instrument
    this.fairPriceTicks = fairPriceTicks
    this.command = {
      type: 0,
      ref: 0,
      instrument,
      side: 0,
      orderType: 0,
      timeInForce: 0,
      quantityLots: 0,
      priceTicks: 0,
      stopPriceTicks: 0,
      displayQuantityLots: 0,
      expireTimeUs: 0,
      selfTradePrevention: 0,
      reduceOnly: 0,
      orderRef: 0,
      group: 0,
      quoteCount: 0,
      quotes: new Float64Array(0),
    }
  }

  /** Writes the next command, with this ref, as a message. */
  write(ref: number, writer: WireWriter): void {
    const draw = this.random.between(1, 100)
    if (draw <= 92) this.restOrCancel(ref, draw <= 47)
    else this.takeLiquidity(ref, draw)
    encodeOrderEntry(writer, this.command)
  }

  /** Must be told of every order that was filled, rejected or cancelled by the engine. */
  orderClosed(ref: number): void {
    this.isOpen[ref & refMask] = 0
  }

  private restOrCancel(ref: number, rest: boolean): void {
    const orderRef = rest && this.openRefs.length < maxOpenOrders ? 0 : this.takeOpenRef()
    if (orderRef === 0) {
      const side = this.random.between(1, 2)
      const away = this.random.between(1, depthTicks)
      const priceTicks = this.fairPriceTicks + (side === enumerations.side.buy ? -away : away)
      this.newOrder(ref, side, limit, goodTillCancel, this.random.between(10, 100), priceTicks)
    } else {
      this.command.type = messages.cancelOrder.number
      this.command.ref = ref
      this.command.orderRef = orderRef
    }
  }

  private takeLiquidity(ref: number, draw: number): void {
    const side = this.random.between(1, 2)
    const through = this.random.between(1, 3)
    const priceTicks = this.fairPriceTicks + (side === enumerations.side.buy ? through : -through)
    const orderType = draw === 100 ? market : limit
    const timeInForce = draw <= 97 ? goodTillCancel : immediateOrCancel
    this.newOrder(ref, side, orderType, timeInForce, this.random.between(1, 20), orderType === market ? 0 : priceTicks)
  }

  private newOrder(
    ref: number,
    side: number,
    orderType: number,
    timeInForce: number,
    quantityLots: number,
    priceTicks: number,
  ): void {
    const { command } = this
    command.type = messages.newOrder.number
    command.ref = ref
    command.instrument = this.instrument
    command.side = side
    command.orderType = orderType
    command.timeInForce = timeInForce
    command.quantityLots = quantityLots
    command.priceTicks = priceTicks
    if (timeInForce === goodTillCancel) {
      this.openRefs.push(ref)
      this.isOpen[ref & refMask] = 1
    }
  }

  /** A ref of an order that may rest, taken off the list; 0 if there is none. */
  private takeOpenRef(): number {
    while (this.openRefs.length > 0) {
      const place = this.random.between(0, this.openRefs.length - 1)
      const ref = this.openRefs[place]
      const last = this.openRefs.pop() as number
      if (place < this.openRefs.length) this.openRefs[place] = last
      if (this.isOpen[ref & refMask] === 1) return ref
    }
    return 0
  }
}
