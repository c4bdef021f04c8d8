/** Everything that the exchange knows. Two exchanges are the same if and only if this is. */

import { Accounts } from './accounts.ts'
import type { BookListener } from './book/book.ts'
import { BookMemory } from './book/book-memory.ts'
import { kindLayout, orderLayout } from './book/order-pool.ts'
import { doubleZero } from './double-zero.ts'
import type { ImageReader, ImageWriter } from './image.ts'
import { Instrument, type InstrumentDefinition } from './instrument.ts'
import { OrderIndex } from './order-index.ts'
import { Participants } from './participants.ts'
import { Protection } from './protection.ts'
import { QuoteTable } from './quote-table.ts'
import { ReduceOnlyOrders } from './reduce-only-orders.ts'
import { Sessions } from './sessions.ts'
import { Timers } from './timers.ts'
import { Valuation } from './valuation.ts'

const { KIND, ORDER_SIZE, SESSION_NEXT } = orderLayout
const { REDUCE_ONLY, WAITING_STOP } = kindLayout

export class ExchangeState {
  /** Sequence number of the last command applied; 0 before the first. */
  sequence = doubleZero
  /** Time of the last command applied, or of what is due before it, microseconds. */
  timeUs = doubleZero
  /** The last order id and the last trade id given. */
  lastOrderId = doubleZero
  lastTradeId = doubleZero
  readonly memory: BookMemory
  /** Open orders by session and ref. */
  readonly index: OrderIndex
  readonly sessions: Sessions
  readonly reduceOnlyOrders: ReduceOnlyOrders
  readonly participants = new Participants()
  readonly accounts = new Accounts(this.participants)
  readonly timers = new Timers()
  /** By number; index 0 is never used. */
  readonly instruments: (Instrument | undefined)[] = [undefined]
  readonly valuation = new Valuation(this.participants, this.accounts, this.instruments)
  readonly protection = new Protection()
  readonly quotes: QuoteTable

  constructor(orderCapacity: number) {
    this.memory = new BookMemory(orderCapacity)
    this.index = new OrderIndex(this.memory.orders, orderCapacity)
    this.sessions = new Sessions(this.memory.orders)
    this.reduceOnlyOrders = new ReduceOnlyOrders(this.memory.orders)
    this.quotes = new QuoteTable(this.memory.orders, this.instruments, this.protection, this)
  }

  /** Adds an instrument (its number must be the next one) or changes the definition of an existing one. */
  defineInstrument(definition: InstrumentDefinition, listener: BookListener): Instrument {
    const number = definition.instrument
    const existing = this.instruments[number]
    if (existing !== undefined) {
      existing.redefine(definition)
      return existing
    }
    if (number !== this.instruments.length) throw new Error(`instrument ${number} is out of order`)
    const instrument = new Instrument(definition, this.memory, listener)
    this.instruments.push(instrument)
    return instrument
  }

  write(image: ImageWriter): void {
    image.number(this.sequence)
    image.number(this.timeUs)
    image.number(this.lastOrderId)
    image.number(this.lastTradeId)
    image.number(this.instruments.length)
    for (const instrument of this.instruments) {
      if (instrument === undefined) continue
      image.record(instrument.definition)
      instrument.write(image)
    }
    this.memory.write(image)
    this.index.write(image)
    this.sessions.write(image)
    this.participants.write(image)
    this.accounts.write(image)
    this.timers.write(image)
    this.protection.write(image)
    this.quotes.write(image)
  }

  /** To be called of a state that nothing was done with yet. */
  read(image: ImageReader, listener: BookListener): void {
    this.sequence = image.number()
    this.timeUs = image.number()
    this.lastOrderId = image.number()
    this.lastTradeId = image.number()
    const end = image.number()
    while (this.instruments.length < end) {
      const definition = image.record() as unknown as InstrumentDefinition
      const instrument = new Instrument(definition, this.memory, listener)
      instrument.read(image)
      this.instruments.push(instrument)
    }
    // What instruments took of the memory when they were made is forgotten here.
    this.memory.read(image)
    this.index.read(image)
    this.sessions.read(image)
    this.participants.read(image)
    this.accounts.read(image)
    this.timers.read(image)
    this.protection.read(image)
    this.quotes.read(image)
    if (this.accounts.hasReduceOnly) this.findReduceOnlyOrders()
  }

  private findReduceOnlyOrders(): void {
    const { orders } = this.memory
    for (let session = 1; session <= this.sessions.count; session++) {
      for (let order = this.sessions.oldestOrder(session); order !== 0; ) {
        const kind = orders.int32[order * ORDER_SIZE + KIND]
        if ((kind & (REDUCE_ONLY | WAITING_STOP)) === REDUCE_ONLY) this.reduceOnlyOrders.add(order)
        order = orders.int32[order * ORDER_SIZE + SESSION_NEXT]
      }
    }
  }
}
