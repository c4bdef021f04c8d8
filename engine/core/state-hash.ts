/**
 * A hash of everything that decides what the exchange will do and answer, in an order that depends on nothing but the
 * commands: where a record lies in memory does not count. Meant to show that two states are equal, not to withstand an
 * attacker.
 *
 * What can be worked out from the rest is left out, and so is what only counts while a command is being carried out. Lists
 * begin with their length or end with a number that none of their records begins with, so that no two states read alike.
 */
import { enumerations, rows } from '../../protocol/messages.ts'
import type { Book } from './book/book.ts'
import { levelLayout } from './book/level-pool.ts'
import { orderLayout } from './book/order-pool.ts'
import type { Instrument } from './instrument.ts'
import { orderStateOf } from './order-state.ts'
import type { ExchangeState } from './state.ts'
import { timerKind } from './timers.ts'

const { HEAD, LEVEL_SIZE } = levelLayout
const { NEXT, ORDER_SIZE, SESSION_NEXT } = orderLayout
const { buy: BUY, sell: SELL } = enumerations.side

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
  hash.numbers(state.instruments.length)
  for (const instrument of state.instruments) {
    if (instrument !== undefined) hashInstrument(hash, state, instrument)
  }
  return hash.digest()
}

function hashParticipants(hash: Hash, { participants }: ExchangeState): void {
  hash.numbers(participants.count)
  for (let number = 1; number <= participants.count; number++) {
    const { name, configured } = participants.state(number)!
    // Two may have the same name: then it is the later one's.
    hash.numbers(participants.byName(name))
    hash.record(configured)
    hash.list(participants.memory(number))
  }
}

function hashSessions(hash: Hash, { memory, sessions }: ExchangeState): void {
  hash.numbers(sessions.count)
  for (let number = 1; number <= sessions.count; number++) {
    hash.record(sessions.state(number)!)
    // The order of a session's own chain decides what a mass cancel does first.
    for (let order = sessions.oldestOrder(number); order !== 0; ) {
      hash.numbers(memory.orders.orderId(order))
      order = memory.orders.int32[order * ORDER_SIZE + SESSION_NEXT]
    }
  }
}

function hashTimers(hash: Hash, { memory, timers }: ExchangeState): void {
  const list = timers.list()
  hash.numbers(list.length)
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
      hash.numbers(levels.totalLots(level))
      for (let order = levels.int32[level * LEVEL_SIZE + HEAD]; order !== 0; ) {
        hash.record(orderStateOf(orders, order))
        order = orders.int32[order * ORDER_SIZE + NEXT]
      }
    }
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
    for (const value of values) this.add(value)
  }

  list(values: ArrayLike<number>): void {
    this.add(values.length)
    for (let index = 0; index < values.length; index++) this.add(values[index])
  }

  lists(lists: readonly ArrayLike<number>[]): void {
    this.add(lists.length)
    for (const list of lists) this.list(list)
  }

  /** Every field, in the order in which the core itself writes them. */
  record(record: object): void {
    for (const value of Object.values(record)) this.value(value)
  }

  value(value: number | boolean | string): void {
    if (typeof value !== 'string') {
      this.add(Number(value))
      return
    }
    this.add(value.length)
    for (let index = 0; index < value.length; index++) this.mix(value.charCodeAt(index))
  }

  digest(): string {
    return finalise(this.high).toString(16).padStart(8, '0') + finalise(this.low).toString(16).padStart(8, '0')
  }

  private add(value: number): void {
    // Adding 0 turns -0 into 0: they are the same number and must hash alike.
    this.number[0] = value + 0
    this.mix(this.words[0])
    this.mix(this.words[1])
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
