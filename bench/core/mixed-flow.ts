/**
 * Flows that keep a book at its size: new orders, cancels and takers in fixed shares around a number of resting orders.
 * The plain one is the mixed flow: 47 passive limit orders to 45 cancels, 5 crossing limit orders and 3
 * immediate-or-cancel or market orders.
 */
import { enumerations } from '../../protocol/messages.ts'
import { Random } from '../random.ts'
import { type Flow, FlowWriter, fairPriceTicks } from './flow.ts'

const { buy, sell } = enumerations.side
const { limit, market } = enumerations.orderType
const { goodTillCancel, immediateOrCancel } = enumerations.timeInForce

export interface MixedFlowOptions {
  readonly seed: number
  /** Resting orders of each instrument, and the prices that they are spread over. */
  readonly restingOrders: number
  readonly levels: number
  readonly instruments: number
  readonly sessions: number
  readonly warmupCommands: number
  readonly timedCommands: number
  /** Of a thousand commands. What is missing to a thousand are orders that trade at once or not at all. */
  readonly shares: { readonly passive: number; readonly cancel: number; readonly crossing: number }
  /** New orders of so many commands in a row are all on one side. */
  readonly burstLength: number
  /** A cancel hits the order farthest from the fair price among so many that are drawn. */
  readonly cancelDraws: number
  /** The fair price moves by up to `stepTicks` every `everyCommands` of an instrument, at most `rangeTicks` away. */
  readonly wander: { readonly rangeTicks: number; readonly stepTicks: number; readonly everyCommands: number }
}

export const mixed: MixedFlowOptions = {
  seed: 20_260,
  restingOrders: 1_000,
  levels: 100,
  instruments: 1,
  sessions: 32,
  warmupCommands: 50_000,
  timedCommands: 500_000,
  shares: { passive: 470, cancel: 450, crossing: 50 },
  burstLength: 1,
  cancelDraws: 1,
  wander: { rangeTicks: 500, stepTicks: 2, everyCommands: 200 },
}

/** Lots of a passive order. */
const minPassiveLots = 10
const maxPassiveLots = 100

export function mixedFlow(options: MixedFlowOptions): Flow {
  return new MixedFlow(options).write()
}

class MixedFlow {
  private readonly options: MixedFlowOptions
  private readonly random: Random
  private readonly writer: FlowWriter
  /** Commands that only fill the books. */
  private readonly fillCount: number
  /** Fair price, and commands so far, by instrument. */
  private readonly fair: Int32Array
  private readonly commands: Int32Array
  private side: number = buy

  constructor(options: MixedFlowOptions) {
    const { restingOrders, instruments, sessions, warmupCommands, timedCommands } = options
    this.options = options
    this.random = new Random(options.seed)
    this.fillCount = restingOrders * instruments
    const timedFrom = this.fillCount + warmupCommands
    this.writer = new FlowWriter({
      count: timedFrom + timedCommands,
      timedFrom,
      instrumentCount: instruments,
      sessionCount: sessions,
    })
    this.fair = new Int32Array(instruments + 1).fill(fairPriceTicks)
    this.commands = new Int32Array(instruments + 1)
  }

  write(): Flow {
    const { writer, random, options } = this
    const { passive, cancel, crossing } = options.shares
    while (writer.index < writer.flow.count) {
      const fills = writer.index < this.fillCount
      const instrument = fills ? (writer.index % options.instruments) + 1 : random.between(1, options.instruments)
      if (this.commands[instrument]++ % options.wander.everyCommands === 0) this.wander(instrument)
      if (fills || writer.index % options.burstLength === 0) this.side = random.between(buy, sell)
      const draw = random.between(1, 1_000)
      if (fills || draw <= passive || writer.book(instrument).orderCount === 0) this.passive(instrument)
      else if (draw <= passive + cancel) this.cancel(instrument)
      else if (draw <= passive + cancel + crossing) this.taking(instrument, limit, goodTillCancel)
      else this.taking(instrument, draw % 3 === 0 ? market : limit, immediateOrCancel)
    }
    return writer.finish()
  }

  private wander(instrument: number): void {
    const { rangeTicks, stepTicks } = this.options.wander
    const next = this.fair[instrument] + this.random.between(-stepTicks, stepTicks)
    if (Math.abs(next - fairPriceTicks) <= rangeTicks) this.fair[instrument] = next
  }

  private passive(instrument: number): void {
    const { random, side, options } = this
    // Orders lie denser near the touch than far from it, as in real books.
    const away = random.between(1, random.between(1, options.levels / 2))
    const fair = this.fair[instrument]
    const opposite = this.oppositeBest(instrument)
    const priceTicks = side === buy ? Math.min(fair, opposite) - away : Math.max(fair, opposite) + away
    const quantityLots = random.between(minPassiveLots, maxPassiveLots)
    this.writer.passive(instrument, random.between(1, options.sessions), side, quantityLots, priceTicks)
  }

  private cancel(instrument: number): void {
    const book = this.writer.book(instrument)
    let chosen = 0
    let farthest = -1
    for (let draw = 0; draw < this.options.cancelDraws; draw++) {
      const place = this.random.between(0, book.orderCount - 1)
      const distance = Math.abs(book.orderAt(place).priceTicks - this.fair[instrument])
      if (distance <= farthest) continue
      chosen = place
      farthest = distance
    }
    this.writer.cancel(instrument, chosen)
  }

  /** A taker: small while the book is below its size, larger above: the flow keeps its shares, the book its size. */
  private taking(instrument: number, orderType: number, timeInForce: number): void {
    const { random, side, options } = this
    const isBelowSize = this.writer.book(instrument).orderCount < options.restingOrders
    const quantityLots = random.between(1, isBelowSize ? minPassiveLots : maxPassiveLots)
    const through = random.between(0, 2)
    const opposite = this.oppositeBest(instrument)
    const priceTicks = side === buy ? opposite + through : opposite - through
    const session = random.between(1, options.sessions)
    this.writer.taking(instrument, session, side, orderType, timeInForce, quantityLots, priceTicks)
  }

  /** Best price of the other side; next to the fair price if there is none. */
  private oppositeBest(instrument: number): number {
    const book = this.writer.book(instrument)
    const fair = this.fair[instrument]
    return this.side === buy ? book.bestPriceTicks(sell, fair + 1) : book.bestPriceTicks(buy, fair - 1)
  }
}
