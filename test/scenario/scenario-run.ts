/** Carries out one scenario of another engine's tests and tells what came of it, in that scenario's own terms. */
import {
  Command,
  commandType,
  EventBuffer,
  eventLayout,
  eventType,
  eventWidth,
  isPublicEvent,
} from '../../engine/core/index.ts'
import { completeMessage } from '../../protocol/complete.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations, type OutgoingMessage } from '../../protocol/messages.ts'
import type { Definition, ExchangeSurface } from '../property/surface.ts'

const { DETAIL_1, ORDER_REF, PRICE_TICKS, QUANTITY_LOTS, SESSION, TYPE } = eventLayout

export interface Scenario {
  readonly source: string
  readonly name: string
  readonly steps: readonly ScenarioStep[]
  readonly expect: Expectation
}

export interface ScenarioStep {
  readonly do: 'new' | 'market' | 'cancel' | 'replace' | 'reduce'
  readonly id: string
  /** Missing: one of its own. */
  readonly owner?: string
  readonly side?: 'buy' | 'sell'
  readonly price?: number
  readonly qty?: number
  readonly tif?: 'gtc' | 'ioc' | 'fok'
  readonly postOnly?: boolean
  readonly stp?: keyof typeof modes | 'none'
  readonly by?: number
}

type Row = readonly [priceTicks: number, quantityLots: number]

interface Trade {
  readonly step?: number
  readonly maker: string
  readonly taker: string
  readonly price: number
  readonly qty: number
}

export interface Expectation {
  readonly trades: readonly Trade[]
  readonly rejected: readonly string[]
  /** Resting orders that self-trade prevention took out. */
  readonly expired?: readonly string[]
  readonly book?: { readonly bids: readonly Row[]; readonly asks: readonly Row[] }
  readonly topOfBook?: { readonly bid: Row | null; readonly ask: Row | null }
}

const { orderType, timeInForce, side, cancelReason, liquidity, selfTradePrevention } = enumerations
const timesInForce = {
  gtc: timeInForce.goodTillCancel,
  ioc: timeInForce.immediateOrCancel,
  fok: timeInForce.fillOrKill,
}

const modes = {
  expire_maker: selfTradePrevention.cancelOldest,
  expire_taker: selfTradePrevention.cancelNewest,
  expire_both: selfTradePrevention.cancelBoth,
}

/** Beyond this protocol's largest order, a quantity stands for one that is never used up; a smaller one does as well. */
function lotsOf(qty: number): number {
  return qty > limits.maxQuantityLots ? qty / 10_000 : qty
}

const instrument = 1
const noSuchRef = Number.MAX_SAFE_INTEGER

interface Owner {
  readonly session: number
  lastRef: number
  readonly refOf: Map<string, number>
}

export class ScenarioRun {
  private readonly exchange: ExchangeSurface
  private readonly out = new EventBuffer()
  private readonly owners = new Map<string, Owner>()
  private readonly idOf = new Map<string, string>()
  private readonly trades: Required<Trade>[] = []
  private readonly rejected: string[] = []
  private readonly expired: string[] = []
  private sequence = 0
  private step = 0

  constructor(exchange: ExchangeSurface) {
    this.exchange = exchange
    const display = { symbol: 'X', currency: 'USD', currencyDecimals: 2, tickSize: '1', lotSize: '1' }
    const range = {
      minPriceTicks: 1,
      maxPriceTicks: limits.maxPriceTicks,
      maxOrderQuantityLots: limits.maxQuantityLots,
    }
    const terms = {
      tickValueMinor: 1,
      referencePriceTicks: 100,
      priceBandBasisPoints: 0,
      makerFeeRate: 0,
      takerFeeRate: 0,
    }
    this.define({ type: 'instrumentDefined', instruments: [{ instrument, ...display, ...range, ...terms }] })
  }

  do(step: ScenarioStep): void {
    // Prevention cannot be switched off here: an order without it is one of an owner of its own.
    const isOwnOwner = step.owner === undefined || step.stp === 'none'
    const owner = this.owner(isOwnOwner ? `of ${step.id}` : step.owner!)
    const command = this.command(step, owner)
    command.session = owner.session
    command.sequence = this.nextSequence()
    command.timeUs = command.sequence
    this.exchange.apply(command, this.out)
    this.read(step)
    this.step += 1
  }

  /** What came of it, as far as the scenario says what should. */
  outcome({ expired, book, topOfBook, trades }: Expectation): Expectation {
    const [bids, asks] = [side.buy, side.sell].map((of) => this.rows(of))
    return {
      trades: this.trades.map(({ step, ...trade }, index) =>
        trades[index]?.step === undefined ? trade : { step, ...trade },
      ),
      rejected: this.rejected,
      ...(expired && { expired: this.expired }),
      ...(book && { book: { bids, asks } }),
      ...(topOfBook && { topOfBook: { bid: bids[0] ?? null, ask: asks[0] ?? null } }),
    }
  }

  /** What should have come of it, in this protocol's quantities. */
  expected({ trades, rejected, expired, book, topOfBook }: Expectation): Expectation {
    const inLots = (rows: readonly Row[]) => rows.map(([price, qty]): Row => [price, lotsOf(qty)])
    return {
      trades,
      rejected,
      ...(expired && { expired }),
      ...(book && { book: { bids: inLots(book.bids), asks: inLots(book.asks) } }),
      ...(topOfBook && { topOfBook }),
    }
  }

  private command(step: ScenarioStep, owner: Owner): Command {
    const command = new Command()
    const known = owner.refOf.get(step.id)
    if (step.do === 'new' || step.do === 'market') {
      command.type = commandType.newOrder
      // An id that was used before becomes a ref that was used before.
      command.ref = known ?? owner.lastRef + 1
      command.instrument = instrument
      command.side = side[step.side!]
      const limitType = step.postOnly ? orderType.postOnly : orderType.limit
      command.orderType = step.do === 'market' ? orderType.market : limitType
      command.timeInForce = timesInForce[step.tif!]
      command.quantityLots = lotsOf(step.qty!)
      command.priceTicks = step.price ?? 0
      if (step.stp !== undefined && step.stp !== 'none') command.selfTradePrevention = modes[step.stp]
      owner.refOf.set(step.id, command.ref)
      this.idOf.set(`${owner.session} ${command.ref}`, step.id)
    } else {
      command.ref = owner.lastRef + 1
      command.orderRef = known ?? noSuchRef
      this.change(step, owner, command)
    }
    owner.lastRef = Math.max(owner.lastRef, command.ref)
    return command
  }

  private change(step: ScenarioStep, owner: Owner, command: Command): void {
    const order = [side.buy, side.sell]
      .flatMap((of) => this.exchange.orders(instrument, of))
      .find(({ session, ref }) => session === owner.session && ref === command.orderRef)
    const { priceTicks = 1, quantityLots = 1, leavesLots = 1 } = order ?? {}
    const wantedLeaves = step.do === 'reduce' ? leavesLots - step.by! : (step.qty ?? leavesLots)
    const isNoReduction = step.do === 'reduce' && step.by! <= 0
    if (step.do === 'cancel' || wantedLeaves <= 0) {
      command.type = commandType.cancelOrder
      return
    }
    command.type = commandType.replaceOrder
    command.priceTicks = step.price ?? priceTicks
    // No total says "less by nothing", or by less than that: one of 0 is as wrong.
    command.quantityLots = isNoReduction ? 0 : quantityLots - leavesLots + wantedLeaves
  }

  private read(step: ScenarioStep): void {
    const { data, length } = this.out
    let maker = ''
    for (let base = 0; base < length; base += eventWidth(data[base + TYPE])) {
      if (isPublicEvent(data[base + TYPE])) continue
      const id = this.idOf.get(`${data[base + SESSION]} ${data[base + ORDER_REF]}`)!
      const detail = data[base + DETAIL_1]
      switch (data[base + TYPE]) {
        case eventType.duplicateRef:
        case eventType.rejected:
          this.rejected.push(step.id)
          break
        case eventType.cancelled:
          if (detail === cancelReason.selfTrade && id !== step.id) this.expired.push(id)
          else if (detail === cancelReason.fillOrKill || detail === cancelReason.selfTrade) this.rejected.push(id)
          break
        case eventType.filled: {
          if (detail === liquidity.maker) {
            maker = id
            break
          }
          const [price, qty] = [data[base + PRICE_TICKS], data[base + QUANTITY_LOTS]]
          this.trades.push({ step: this.step, maker, taker: id, price, qty })
        }
      }
    }
    this.out.clear()
  }

  private rows(of: number): Row[] {
    return this.exchange.levels(instrument, of).map((level) => [level.priceTicks, level.quantityLots])
  }

  private owner(name: string): Owner {
    const known = this.owners.get(name)
    if (known) return known
    const number = this.owners.size + 1
    const owner = { session: number, lastRef: 0, refOf: new Map<string, number>() }
    this.owners.set(name, owner)
    const wide = {
      maxOrderQuantityLots: limits.maxQuantityLots,
      maxOrderNotionalMinor: limits.maxNotionalMinor,
      maxPositionLots: Number.MAX_SAFE_INTEGER,
      maxOpenOrders: 1_000,
    }
    this.define({ type: 'participantDefined', participant: number, name: `p${number}`, ...wide })
    this.define({ type: 'sessionDefined', session: number, participant: number, name: 's' })
    return owner
  }

  private define<Name extends Definition['type']>(definition: OutgoingMessage<Name>): void {
    const complete = completeMessage(definition) as Definition
    this.exchange.applyDefinition(complete, this.nextSequence(), this.sequence, 0, this.out)
  }

  private nextSequence(): number {
    this.sequence += 1
    return this.sequence
  }
}
