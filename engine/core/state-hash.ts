/**
 * A hash of everything that the exchange knows, in an order that depends on nothing but the commands: where a record lies
 * in memory does not count. Meant to show that two states are equal, not to withstand an attacker.
 */
import { enumerations, rows } from '../../protocol/messages.ts'
import { levelLayout } from './book/level-pool.ts'
import { orderLayout } from './book/order-pool.ts'
import type { Instrument } from './instrument.ts'
import { orderStateOf } from './order-state.ts'
import type { ExchangeState } from './state.ts'

const { HEAD, LEVEL_SIZE } = levelLayout
const { NEXT, ORDER_SIZE, SESSION_NEXT } = orderLayout
const { buy: BUY, sell: SELL } = enumerations.side

/** Sixteen hexadecimal digits. */
export function hashState(state: ExchangeState): string {
  const hash = new Hash()
  hash.numbers(state.sequence, state.timeUs, state.lastOrderId, state.lastTradeId)
  hash.numbers(state.participants.count, state.sessions.count, state.instruments.length - 1)
  for (let number = 1; number <= state.participants.count; number++) {
    const { configured, ...inForce } = state.participants.state(number)!
    hash.record(inForce)
    hash.record(configured)
    hash.numbers(...state.participants.memory(number))
  }
  for (let number = 1; number <= state.sessions.count; number++) {
    hash.record(state.sessions.state(number)!)
    // The order of a session's own chain decides what a mass cancel does first.
    const { orders } = state.memory
    for (let order = state.sessions.oldestOrder(number); order !== 0; ) {
      hash.numbers(orders.orderId(order))
      order = orders.int32[order * ORDER_SIZE + SESSION_NEXT]
    }
  }
  for (const account of state.accounts.list(state.instruments)) hash.record(account)
  for (const instrument of state.instruments) {
    if (instrument !== undefined) hashInstrument(hash, state, instrument)
  }
  for (const quote of state.quotes.records()) hash.numbers(...quote)
  for (const group of state.protection.records(state.timeUs)) hash.numbers(group.length, ...group)
  return hash.digest()
}

function hashInstrument(hash: Hash, state: ExchangeState, instrument: Instrument): void {
  const { book } = instrument
  const { levels, orders } = state.memory
  // Whoever made the definition may list its fields in any order.
  for (const { name } of rows.instrument) hash.value(instrument.definition[name])
  hash.numbers(instrument.lastPriceTicks, instrument.tradeCount, instrument.volumeLots, instrument.commandCount)
  for (let side = BUY; side <= SELL; side++) {
    for (let level = book.best(side); level !== 0; level = book.worse(side, level)) {
      hash.numbers(levels.totalLots(level))
      for (let order = levels.int32[level * LEVEL_SIZE + HEAD]; order !== 0; ) {
        hash.record(orderStateOf(orders, order))
        order = orders.int32[order * ORDER_SIZE + NEXT]
      }
    }
    // Keeps a bid from being taken for an ask.
    hash.numbers(-1)
  }
}

/** Two 32-bit lanes of multiply-and-rotate, with MurmurHash3's constants and finaliser. */
class Hash {
  private high = 0x9747b28c
  private low = 0x1b873593
  private readonly number = new Float64Array(1)
  private readonly words = new Uint32Array(this.number.buffer)

  numbers(...values: number[]): void {
    for (const value of values) {
      // Adding 0 turns -0 into 0: they are the same number and must hash alike.
      this.number[0] = value + 0
      this.mix(this.words[0])
      this.mix(this.words[1])
    }
  }

  /** Every field, in the order in which the core itself writes them. */
  record(record: object): void {
    for (const value of Object.values(record)) this.value(value)
  }

  value(value: number | boolean | string): void {
    if (typeof value !== 'string') {
      this.numbers(Number(value))
      return
    }
    this.numbers(value.length)
    for (let index = 0; index < value.length; index++) this.mix(value.charCodeAt(index))
  }

  digest(): string {
    return finalise(this.high).toString(16).padStart(8, '0') + finalise(this.low).toString(16).padStart(8, '0')
  }

  private mix(word: number): void {
    const scrambled = Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593)
    this.low = (Math.imul(rotate(this.low ^ scrambled, 13), 5) + 0xe6546b64) | 0
    this.high = (Math.imul(rotate(this.high ^ this.low, 17), 0x85ebca6b) + scrambled) | 0
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function finalise(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
