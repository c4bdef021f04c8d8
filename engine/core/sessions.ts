/**
 * Sessions: the counters that make order entry exactly-once (last ref processed, next event number), and the open
 * orders of each session as a chain through the order pool, oldest first. Numbered from 1 without gaps.
 */
import { type OrderPool, orderLayout } from './book/order-pool.ts'
import type { ImageReader, ImageWriter } from './image.ts'

const { ORDER_SESSION, ORDER_SIZE, SESSION_NEXT, SESSION_PREVIOUS, SLOT_MASK } = orderLayout

export interface SessionState {
  readonly session: number
  readonly participant: number
  readonly name: string
  /** Last ref processed, 0 before the first. */
  readonly lastRef: number
  /** Number that the next event will have, from 1. */
  readonly nextEvent: number
  /** Between sessionConnected and sessionDisconnected. */
  readonly connected: boolean
  readonly cancelOnDisconnect: boolean
  readonly openOrderCount: number
  /** Number of the mode of orders that state none. */
  readonly selfTradePrevention: number
}

const COUNTERS_SIZE = 2
const LAST_REF = 0
const NEXT_EVENT = 1

const LINKS_SIZE = 8
const PARTICIPANT = 0
const OLDEST_ORDER = 1
const NEWEST_ORDER = 2
const OPEN_ORDERS = 3
const SELF_TRADE_MODE = 4

export class Sessions {
  private readonly orders: OrderPool
  private readonly names: string[] = ['']
  private readonly connected: boolean[] = [false]
  private readonly cancelOnDisconnect: boolean[] = [false]
  private counters = new Float64Array(COUNTERS_SIZE * 64)
  private links = new Int32Array(LINKS_SIZE * 64)

  constructor(orders: OrderPool) {
    this.orders = orders
  }

  get count(): number {
    return this.names.length - 1
  }

  /** Adds a session; its number must be the next one. Defining one again changes its name and its mode only. */
  define(session: number, participant: number, name: string, selfTradeMode: number): void {
    if (session < 1 || session > this.names.length) throw new Error(`session ${session} is out of order`)
    if (session === this.names.length) this.add(session, participant)
    this.names[session] = name
    this.links[session * LINKS_SIZE + SELF_TRADE_MODE] = selfTradeMode
  }

  exists(session: number): boolean {
    return session >= 1 && session < this.names.length
  }

  state(session: number): SessionState | undefined {
    if (!this.exists(session)) return undefined
    return {
      session,
      participant: this.participant(session),
      name: this.names[session],
      lastRef: this.lastRef(session),
      nextEvent: this.counters[session * COUNTERS_SIZE + NEXT_EVENT],
      connected: this.connected[session],
      cancelOnDisconnect: this.cancelOnDisconnect[session],
      openOrderCount: this.links[session * LINKS_SIZE + OPEN_ORDERS],
      selfTradePrevention: this.selfTradeMode(session),
    }
  }

  participant(session: number): number {
    return this.links[session * LINKS_SIZE + PARTICIPANT]
  }

  /** Mode of orders that state none. */
  selfTradeMode(session: number): number {
    return this.links[session * LINKS_SIZE + SELF_TRADE_MODE]
  }

  lastRef(session: number): number {
    return this.counters[session * COUNTERS_SIZE + LAST_REF]
  }

  setLastRef(session: number, ref: number): void {
    this.counters[session * COUNTERS_SIZE + LAST_REF] = ref
  }

  /** Takes the next event number. */
  takeEventNumber(session: number): number {
    return this.counters[session * COUNTERS_SIZE + NEXT_EVENT]++
  }

  /** @param cancelOnDisconnect until the next connection says otherwise */
  setConnected(session: number, cancelOnDisconnect: boolean): void {
    this.connected[session] = true
    this.cancelOnDisconnect[session] = cancelOnDisconnect
  }

  /** Returns whether the session's orders have to be cancelled. */
  setDisconnected(session: number): boolean {
    this.connected[session] = false
    return this.cancelOnDisconnect[session]
  }

  /** First of the session's open orders, 0 if there is none; the others follow by SESSION_NEXT. */
  oldestOrder(session: number): number {
    return this.links[session * LINKS_SIZE + OLDEST_ORDER]
  }

  /** Puts an order, whose session is set, at the end of its session's chain. */
  linkOrder(order: number): void {
    const { int32 } = this.orders
    const { links } = this
    const session = int32[order * ORDER_SIZE + ORDER_SESSION]
    const base = session * LINKS_SIZE
    const newest = links[base + NEWEST_ORDER] & SLOT_MASK
    int32[order * ORDER_SIZE + SESSION_PREVIOUS] = newest
    int32[order * ORDER_SIZE + SESSION_NEXT] = 0
    if (newest === 0) links[base + OLDEST_ORDER] = order
    else int32[newest * ORDER_SIZE + SESSION_NEXT] = order
    links[base + NEWEST_ORDER] = order
    links[base + OPEN_ORDERS]++
  }

  /** Takes an order out of its session's chain. */
  unlinkOrder(order: number): void {
    const { int32 } = this.orders
    const { links } = this
    const base = int32[order * ORDER_SIZE + ORDER_SESSION] * LINKS_SIZE
    const next = int32[order * ORDER_SIZE + SESSION_NEXT] & SLOT_MASK
    const previous = int32[order * ORDER_SIZE + SESSION_PREVIOUS] & SLOT_MASK
    if (previous === 0) links[base + OLDEST_ORDER] = next
    else int32[previous * ORDER_SIZE + SESSION_NEXT] = next
    if (next === 0) links[base + NEWEST_ORDER] = previous
    else int32[next * ORDER_SIZE + SESSION_PREVIOUS] = previous
    links[base + OPEN_ORDERS]--
  }

  write(image: ImageWriter): void {
    image.number(this.count)
    for (let session = 1; session <= this.count; session++) {
      image.text(this.names[session])
      image.flag(this.connected[session])
      image.flag(this.cancelOnDisconnect[session])
    }
    image.array(this.counters)
    image.array(this.links)
  }

  read(image: ImageReader): void {
    for (let left = image.number(); left > 0; left--) {
      this.names.push(image.text())
      this.connected.push(image.flag())
      this.cancelOnDisconnect.push(image.flag())
    }
    this.counters = image.float64()
    this.links = image.int32()
  }

  private add(session: number, participant: number): void {
    if (session * LINKS_SIZE === this.links.length) {
      const counters = new Float64Array(this.counters.length * 2)
      counters.set(this.counters)
      this.counters = counters
      const links = new Int32Array(this.links.length * 2)
      links.set(this.links)
      this.links = links
    }
    this.connected.push(false)
    this.cancelOnDisconnect.push(false)
    this.counters[session * COUNTERS_SIZE + NEXT_EVENT] = 1
    this.links[session * LINKS_SIZE + PARTICIPANT] = participant
  }
}
