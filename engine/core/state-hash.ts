/**
 * A hash of everything that decides what the exchange will do and answer, in an order that depends on nothing but the
 * commands: where a record lies in memory does not count. Meant to show that two states are equal, not to withstand an
 * attacker.
 *
 * Records of numbers count whole, in the order of their columns, so that none can be forgotten; whoever moves columns
 * changes the hash. What can be worked out from the rest is left out, and so is what only counts while a command is
 * being carried out. Lists begin with their length or end with a number that none of their records begins with, so that
 * no two states read alike.
 */
import { enumerations, rows } from '../../protocol/messages.ts'
import type { Book } from './book/book.ts'
import { levelLayout } from './book/level-pool.ts'
import { orderLayout } from './book/order-pool.ts'
import type { Instrument } from './instrument.ts'
import { type OrderState, orderStateOf } from './order-state.ts'
import type { ExchangeState } from './state.ts'
import { timerKind } from './timers.ts'

const { HEAD, LEVEL_SIZE } = levelLayout
const { NEXT, ORDER_SIZE, SESSION_NEXT } = orderLayout
const { buy: BUY, sell: SELL } = enumerations.side

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

/** Sixteen hexadecimal digits. */
export function hashState(state: ExchangeState): string {
  const hash = new Hash()
  hash.numbers(state.sequence, state.timeUs, state.lastOrderId, state.lastTradeId)
  hashParticipants(hash, state)
  hashSessions(hash, state)
  hash.lists(state.accounts.records())
  hash.lists(state.protection.records(state.timeUs))
  hash.lists(state.quotes.records())
  hashTimers(hash, state)
  hash.number(state.instruments.length)
  for (const instrument of state.instruments) {
    if (instrument !== undefined) hashInstrument(hash, state, instrument)
  }
  return hash.digest()
}

function hashParticipants(hash: Hash, { participants }: ExchangeState): void {
  hash.number(participants.count)
  for (let number = 1; number <= participants.count; number++) {
    const { name, configured } = participants.state(number)!
    // Two may have the same name: then it is the later one's.
    hash.number(participants.byName(name))
    hash.record(configured)
    hash.list(participants.memory(number))
  }
}

function hashSessions(hash: Hash, { memory, sessions }: ExchangeState): void {
  hash.number(sessions.count)
  for (let number = 1; number <= sessions.count; number++) {
    hash.record(sessions.state(number)!)
    // The order of a session's own chain decides what a mass cancel does first.
    for (let order = sessions.oldestOrder(number); order !== 0; ) {
      hash.number(memory.orders.orderId(order))
      order = memory.orders.int32[order * ORDER_SIZE + SESSION_NEXT]
    }
  }
}

function hashTimers(hash: Hash, { memory, timers }: ExchangeState): void {
  const list = timers.list()
  hash.number(list.length)
  for (const { dueUs, kind, subject } of list) {
    hash.numbers(dueUs, kind, kind === timerKind.orderExpires ? memory.orders.orderId(subject) : subject)
  }
}

function hashInstrument(hash: Hash, state: ExchangeState, instrument: Instrument): void {
  // Whoever made the definition may list its fields in any order.
  for (const { name } of rows.instrument) hash.value(instrument.definition[name])
  hash.numbers(
    instrument.phase,
    Number(instrument.isHeldByAdmin),
    Number(instrument.scheduleTimer !== 0),
    Number(instrument.phaseTimer !== 0),
    instrument.tradingUs(state.timeUs),
    instrument.lastPriceTicks,
    instrument.auctionPriceTicks,
    instrument.tradeCount,
    instrument.volumeLots,
    instrument.commandCount,
  )
  for (const book of instrument.possibleBooks()) hashBook(hash, state, book)
}

function hashBook(hash: Hash, { memory }: ExchangeState, book: Book | undefined): void {
  const { levels, orders } = memory
  for (let side = BUY; side <= SELL; side++) {
    for (let level = book?.best(side) ?? 0; level !== 0; level = book!.worse(side, level)) {
      hash.number(levels.totalLots(level))
      for (let order = levels.int32[level * LEVEL_SIZE + HEAD]; order !== 0; ) {
        hashOrder(hash, orderStateOf(orders, order))
        order = orders.int32[order * ORDER_SIZE + NEXT]
      }
    }
    hash.number(-1)
  }
}

/** All that there is, field by field: a million orders are hashed so in a third of the time. */
function hashOrder(hash: Hash, order: OrderState): void {
  hash.number(order.orderId)
  hash.number(order.session)
  hash.number(order.ref)
  hash.number(order.instrument)
  hash.number(order.side)
  hash.number(order.orderType)
  hash.number(order.timeInForce)
  hash.number(order.priceTicks)
  hash.number(order.quantityLots)
  hash.number(order.leavesLots)
  hash.number(order.shownLots)
  hash.number(order.displayQuantityLots)
  hash.number(order.stopPriceTicks)
  hash.number(order.expireTimeUs)
  hash.number(order.selfTradePrevention)
  hash.number(Number(order.reduceOnly))
  hash.number(Number(order.isQuote))
}

/** Numbers that are gathered before they are mixed: mixing many at once is several times as fast as one by one. */
const BLOCK_SIZE = 4096

/** Two 32-bit lanes of multiply-and-rotate, with MurmurHash3's constants and finaliser. */
class Hash {
  private high = 0x1b873593
  private low = 0x38b34ae5
  private readonly block = new Float64Array(BLOCK_SIZE)
  private readonly words = new Int32Array(this.block.buffer)
  private length = 0

  number(value: number): void {
    if (this.length === BLOCK_SIZE) this.mixBlock()
    // Adding 0 turns -0 into 0: they are the same number and must hash alike.
    this.block[this.length++] = value + 0
  }

  numbers(...values: number[]): void {
    for (const value of values) this.number(value)
  }

  list(values: ArrayLike<number>): void {
    this.number(values.length)
    for (let index = 0; index < values.length; index++) this.number(values[index])
  }

  lists(lists: readonly ArrayLike<number>[]): void {
    this.number(lists.length)
    for (const list of lists) this.list(list)
  }

  /** Every field, in the order in which the core itself writes them. */
  record(record: object): void {
    for (const value of Object.values(record)) this.value(value)
  }

  value(value: number | boolean | string): void {
    if (typeof value !== 'string') {
      this.number(Number(value))
      return
    }
    this.number(value.length)
    for (let index = 0; index < value.length; index++) this.number(value.charCodeAt(index))
  }

  digest(): string {
    this.mixBlock()
    return finalise(this.high).toString(16).padStart(8, '0') + finalise(this.low).toString(16).padStart(8, '0')
  }

  private mixBlock(): void {
    let { high, low } = this
    const { words } = this
    for (let index = 0; index < this.length * 2; index++) {
      const scrambled = Math.imul(rotate(Math.imul(words[index], 0xcc9e2d51), 15), 0x1b873593)
      low = (Math.imul(rotate(low ^ scrambled, 13), 5) + 0xe6546b64) | 0
      high = (Math.imul(rotate(high ^ low, 17), 0x85ebca6b) + scrambled) | 0
    }
    this.high = high
    this.low = low
    this.length = 0
  }
}

function finalise(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
