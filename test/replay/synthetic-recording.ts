/**
 * Makes a recording in LOBSTER's format from a small simulated book, and knows what a replay of it must find. Like the
 * real thing it shows a window of the best levels only, so that orders rest there before anything is told of them, and
 * levels come and go; hidden orders trade between ticks; halts occur; and, where asked for, an order trades out of its
 * turn.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RandomSource } from '../../bots/runtime/random.ts'

export interface SyntheticOptions {
  readonly seed: number
  /** At least so many; the last aggressor may add some. */
  readonly rows: number
  /** Levels of each side that the orderbook file shows. */
  readonly levels: number
  /** Share of the executions that take the second order of a queue instead of the first. */
  readonly outOfTurn: number
}

interface SimulatedOrder {
  readonly id: number
  readonly isBuy: boolean
  readonly priceTicks: number
  size: number
  /** Whether a reader of the recording knows it: told of when it came, and its level in the window ever since. */
  isKnown: boolean
}

const middleTicks = 10_000
/** LOBSTER's price is dollars × 10,000; a tick is a cent. */
const priceOfTick = 100
const initialLevels = 12
const emptyLevel = { buy: '-9999999999', sell: '9999999999' }

export class SyntheticRecording {
  readonly messageLines: string[] = []
  readonly orderbookLines: string[] = []
  /** Executions of known orders. */
  knownExecutions = 0
  /** Lines on which a known order trades although another one is first. */
  readonly outOfTurnLines: number[] = []
  hiddenExecutions = 0
  halts = 0
  private readonly options: SyntheticOptions
  private readonly random: RandomSource
  private orders: SimulatedOrder[] = []
  private nextId = 1
  private timeSeconds = 34_200
  private lastBook: string

  constructor(options: SyntheticOptions) {
    this.options = options
    this.random = new RandomSource(options.seed)
    for (let level = 1; level <= initialLevels; level += 1) {
      for (let count = 1 + this.random.integerBelow(3); count > 0; count -= 1) {
        this.rest(true, middleTicks - level)
        this.rest(false, middleTicks + level)
      }
    }
    this.lastBook = this.orderbookLine()
    while (this.messageLines.length < options.rows) this.step()
  }

  /** Writes both files into a folder. */
  write(folder: string): { messageFile: string; orderbookFile: string } {
    const messageFile = join(folder, 'message.csv')
    const orderbookFile = join(folder, 'orderbook.csv')
    writeFileSync(messageFile, `${this.messageLines.join('\n')}\n`)
    writeFileSync(orderbookFile, `${this.orderbookLines.join('\n')}\n`)
    return { messageFile, orderbookFile }
  }

  private step(): void {
    const { random } = this
    this.timeSeconds += random.exponential(0.05)
    // The first row only seeds a replay's book: it must not be about an order that nobody was told of.
    const chance = this.messageLines.length === 0 ? 0 : random.uniform()
    if (chance < 0.45) this.add()
    else if (chance < 0.7) this.takeAway()
    else if (chance < 0.95) this.trade()
    else if (chance < 0.99) this.tradeHidden()
    else this.halt()
  }

  private add(): void {
    const { random } = this
    const isBuy = random.uniform() < 0.5
    const best = this.queueAt(!isBuy, 0)[0]?.priceTicks ?? middleTicks
    const distance = 1 + random.integerBelow(this.options.levels + 4)
    const order = this.rest(isBuy, isBuy ? best - distance : best + distance)
    order.isKnown = this.record(1, order, order.size)
  }

  /** A partial cancel, or a delete. */
  private takeAway(): void {
    const order = this.random.pick(this.orders)
    const size = this.random.uniform() < 0.3 ? this.random.integerBelow(order.size) : 0
    if (size > 0) {
      order.size -= size
      this.record(2, order, size)
    } else if (this.orders.filter(({ isBuy }) => isBuy === order.isBuy).length > 1) {
      this.remove(order)
      this.record(3, order, order.size)
    }
  }

  /** An aggressor takes up to three orders, each a row of its own. */
  private trade(): void {
    const isBuy = this.random.uniform() < 0.5
    for (let rows = 1 + this.random.integerBelow(3); rows > 0; rows -= 1) {
      const queue = this.queueAt(isBuy, 0)
      if (queue.length < 2 && this.queueAt(isBuy, 1).length === 0) return
      const isOutOfTurn = queue.length > 1 && this.random.uniform() < this.options.outOfTurn
      const order = queue[isOutOfTurn ? 1 : 0]
      const size = this.random.uniform() < 0.5 ? order.size : 1 + this.random.integerBelow(order.size)
      if (order.isKnown) {
        this.knownExecutions += 1
        if (isOutOfTurn) this.outOfTurnLines.push(this.messageLines.length + 1)
      }
      order.size -= size
      if (order.size === 0) this.remove(order)
      this.record(4, order, size)
    }
  }

  private tradeHidden(): void {
    this.hiddenExecutions += 1
    this.line(`5,0,${1 + this.random.integerBelow(100)},${middleTicks * priceOfTick + priceOfTick / 2},1`)
  }

  private halt(): void {
    this.halts += 1
    this.line('7,0,0,-1,-1')
  }

  private rest(isBuy: boolean, priceTicks: number): SimulatedOrder {
    const order = { id: this.nextId, isBuy, priceTicks, size: 1 + this.random.integerBelow(300), isKnown: false }
    this.nextId += 1
    this.orders.push(order)
    return order
  }

  private remove(order: SimulatedOrder): void {
    this.orders = this.orders.filter((other) => other !== order)
  }

  /** Records what happened to an order if its level is in the window before or after it; whether it is. */
  private record(type: number, order: SimulatedOrder, size: number): boolean {
    const isShown = this.lastBook !== this.orderbookLine() || this.window(order.isBuy).includes(order.priceTicks)
    if (isShown) this.line(`${type},${order.id},${size},${order.priceTicks * priceOfTick},${order.isBuy ? 1 : -1}`)
    return isShown
  }

  private line(message: string): void {
    this.lastBook = this.orderbookLine()
    this.messageLines.push(`${this.timeSeconds.toFixed(9)},${message}`)
    this.orderbookLines.push(this.lastBook)
    const windows = { buy: this.window(true), sell: this.window(false) }
    for (const order of this.orders) {
      if (!windows[order.isBuy ? 'buy' : 'sell'].includes(order.priceTicks)) order.isKnown = false
    }
  }

  private orderbookLine(): string {
    const columns: (number | string)[] = []
    for (let rank = 0; rank < this.options.levels; rank += 1) {
      for (const side of ['sell', 'buy'] as const) {
        const queue = this.queueAt(side === 'buy', rank)
        const size = queue.reduce((sum, order) => sum + order.size, 0)
        columns.push(size === 0 ? emptyLevel[side] : queue[0].priceTicks * priceOfTick, size)
      }
    }
    return columns.join(',')
  }

  private window(isBuy: boolean): number[] {
    return this.prices(isBuy).slice(0, this.options.levels)
  }

  /** Orders of the level with this rank, 0 for the best, oldest first. */
  private queueAt(isBuy: boolean, rank: number): SimulatedOrder[] {
    const priceTicks = this.prices(isBuy)[rank]
    return this.orders.filter((order) => order.isBuy === isBuy && order.priceTicks === priceTicks)
  }

  /** Prices of a side, best first. */
  private prices(isBuy: boolean): number[] {
    const prices = new Set(this.orders.filter((order) => order.isBuy === isBuy).map((order) => order.priceTicks))
    return [...prices].sort((a, b) => (isBuy ? b - a : a - b))
  }
}
