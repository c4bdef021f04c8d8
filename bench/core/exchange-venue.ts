/**
 * The exchange under the mixed flow: the full `apply` with sessions, risk checks, ledger and events. Commands are copied
 * from the flow's columns into the reused `Command` inside the timed part; events go to a buffer that is cleared per batch.
 */
import '../../engine/compiler.ts'
import { Command, EventBuffer, Exchange } from '../../engine/core/index.ts'
import { fairPriceTicks, type MixedFlow, participantCount, participantOf, sessionCount } from './mixed-flow.ts'
import type { Venue } from './venue.ts'

const instrument = 1

/** Commands to an event buffer, as the engine does with what one turn of the event loop brings. */
const batchSize = 64

/** Bounds that every check has to compute and that this flow never reaches. */
const highLimits = {
  maxOrderQuantityLots: 1_000_000,
  maxOrderNotionalMinor: 2 ** 46,
  maxPositionLots: 1_000_000_000,
  maxOpenOrders: 100_000,
} as const

export class ExchangeVenue implements Venue {
  private readonly exchange = new Exchange()
  private readonly command = new Command()
  private readonly events = new EventBuffer()
  private sequence = 0

  constructor() {
    this.define({
      type: 'instrumentDefined',
      instruments: [
        {
          instrument,
          symbol: 'BENCH',
          currency: 'USD',
          currencyDecimals: 2,
          tickSize: '0.01',
          lotSize: '1',
          tickValueMinor: 1,
          minPriceTicks: 1,
          maxPriceTicks: 1_000_000,
          maxOrderQuantityLots: highLimits.maxOrderQuantityLots,
          referencePriceTicks: fairPriceTicks,
          priceBandBasisPoints: 1_000,
          makerFeeRate: -20,
          takerFeeRate: 50,
        },
      ],
    })
    for (let participant = 1; participant <= participantCount; participant++) {
      this.define({ type: 'participantDefined', participant, name: `participant-${participant}`, ...highLimits })
    }
    for (let session = 1; session <= sessionCount; session++) {
      const participant = participantOf(session)
      this.define({ type: 'sessionDefined', session, participant, name: `session-${session}` })
      this.define({ type: 'sessionConnected', cancelOnDisconnect: false }, session)
    }
  }

  apply(flow: MixedFlow, from: number, to: number): void {
    for (let start = from; start < to; start += batchSize) {
      this.events.clear()
      const end = Math.min(start + batchSize, to)
      for (let index = start; index < end; index++) this.applyOne(flow, index)
    }
  }

  /** Applies one command of the flow; the caller clears the events. */
  applyOne(flow: MixedFlow, index: number): void {
    const { command } = this
    command.type = flow.type[index]
    command.sequence = ++this.sequence
    command.timeUs = this.sequence
    command.session = flow.session[index]
    command.ref = flow.ref[index]
    command.instrument = instrument
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

  outcome(): MixedFlow['expected'] {
    let restingOrders = 0
    for (let session = 1; session <= sessionCount; session++) {
      restingOrders += this.exchange.session(session)?.openOrderCount ?? 0
    }
    return {
      tradeCount: this.exchange.tradeCount(instrument),
      tradedLots: this.exchange.volumeLots(instrument),
      restingOrders,
    }
  }

  private define(definition: Parameters<Exchange['applyDefinition']>[0], session = 0): void {
    this.sequence++
    this.exchange.applyDefinition(definition, this.sequence, this.sequence, session, this.events)
  }
}
