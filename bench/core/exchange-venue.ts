/**
 * The exchange under a flow: the full `apply` with sessions, risk checks, ledger and events. Commands are copied from
 * the flow's columns into the reused `Command` inside the timed part; events go to a buffer that is cleared per batch.
 */
import '../../engine/compiler.ts'
import { Command, EventBuffer, Exchange } from '../../engine/core/index.ts'
import { type Flow, fairPriceTicks, type Outcome } from './flow.ts'
import { highLimits } from './high-limits.ts'
import type { Venue } from './venue.ts'

/** Commands to an event buffer, as the engine does with what one turn of the event loop brings. */
const batchSize = 64

/** Bands are as wide that no flow reaches them either. */
const definition = {
  currency: 'USD',
  currencyDecimals: 2,
  tickSize: '0.01',
  lotSize: '1',
  tickValueMinor: 1,
  minPriceTicks: 1,
  maxPriceTicks: 2 * fairPriceTicks,
  maxOrderQuantityLots: highLimits.maxOrderQuantityLots,
  referencePriceTicks: fairPriceTicks,
  priceBandBasisPoints: 1_000,
  makerFeeRate: -20,
  takerFeeRate: 50,
  staticBandBasisPoints: 2_000,
  dynamicBandBasisPoints: 2_000,
  haltDurationMs: 0,
  auctionDurationMs: 0,
  schedule: '',
  quoteMaxSpreadTicks: 0,
  quoteMinQuantityLots: 0,
} as const

export class ExchangeVenue implements Venue {
  private readonly exchange = new Exchange()
  private readonly command = new Command()
  private readonly events = new EventBuffer()
  private readonly instrumentCount: number
  private sequence = 0

  constructor(flow: Flow) {
    this.instrumentCount = flow.instrumentCount
    for (let instrument = 1; instrument <= flow.instrumentCount; instrument++) {
      const instruments = [{ instrument, symbol: `BENCH-${instrument}`, ...definition }]
      this.define({ type: 'instrumentDefined', instruments })
    }
    for (let participant = 1; participant <= flow.participantCount; participant++) {
      const name = `participant-${participant}`
      this.define({ type: 'participantDefined', participant, name, ...highLimits, isAdmin: false })
    }
    for (let session = 1; session <= flow.sessionCount; session++) {
      const participant = flow.participantOf(session)
      const name = `session-${session}`
      this.define({ type: 'sessionDefined', session, participant, name, selfTradePrevention: 'cancelNewest' })
      this.define({ type: 'sessionConnected', cancelOnDisconnect: false }, session)
    }
  }

  apply(flow: Flow, from: number, to: number): void {
    for (let start = from; start < to; start += batchSize) {
      this.events.clear()
      const end = Math.min(start + batchSize, to)
      for (let index = start; index < end; index++) this.applyOne(flow, index)
    }
  }

  /** Applies one command of the flow; the caller clears the events. */
  applyOne(flow: Flow, index: number): void {
    const { command } = this
    command.type = flow.type[index]
    command.sequence = ++this.sequence
    command.timeUs = this.sequence
    command.session = flow.session[index]
    command.ref = flow.ref[index]
    command.instrument = flow.instrument[index]
    command.side = flow.side[index]
    command.orderType = flow.orderType[index]
    command.timeInForce = flow.timeInForce[index]
    command.quantityLots = flow.quantityLots[index]
    command.priceTicks = flow.priceTicks[index]
    command.orderRef = flow.orderRef[index]
    this.exchange.apply(command, this.events)
  }

  clearEvents(): void {
    this.events.clear()
  }

  outcome(): Outcome {
    let tradeCount = 0
    let tradedLots = 0
    for (let instrument = 1; instrument <= this.instrumentCount; instrument++) {
      tradeCount += this.exchange.tradeCount(instrument)
      tradedLots += this.exchange.volumeLots(instrument)
    }
    return { tradeCount, tradedLots, restingOrders: this.exchange.openOrderCount }
  }

  private define(definition: Parameters<Exchange['applyDefinition']>[0], session = 0): void {
    this.sequence++
    this.exchange.applyDefinition(definition, this.sequence, this.sequence, session, this.events)
  }
}
