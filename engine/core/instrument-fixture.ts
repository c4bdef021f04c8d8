/** For tests: an instrument with prices from 1 to 1,000 ticks, no bands, fees, schedule or obligations. */
import type { InstrumentDefinition } from './instrument.ts'

export const plainDefinition: InstrumentDefinition = {
  instrument: 1,
  symbol: 'ACME',
  currency: 'USD',
  currencyDecimals: 2,
  tickSize: '0.01',
  lotSize: '1',
  tickValueMinor: 1,
  minPriceTicks: 1,
  maxPriceTicks: 1_000,
  maxOrderQuantityLots: 1_000_000,
  referencePriceTicks: 100,
  priceBandBasisPoints: 0,
  makerFeeRate: 0,
  takerFeeRate: 0,
  staticBandBasisPoints: 0,
  dynamicBandBasisPoints: 0,
  haltDurationMs: 0,
  auctionDurationMs: 0,
  schedule: '',
  quoteMaxSpreadTicks: 0,
  quoteMinQuantityLots: 0,
}

/** A book's listener for tests in which nothing that it hears matters. */
export const deafListener = {
  onFill() {},
  onSelfTrade() {},
  onAuctionFill() {},
  onAuctionSelfTrade() {},
  onLevelChanged() {},
}
