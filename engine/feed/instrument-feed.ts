/**
 * Market data of one instrument: collects what a turn changed, publishes it as at most one frame per channel, and keeps
 * each channel's chain of sequence numbers, whether anyone listens or not.
 */
import { encodeMessagePack } from '../../protocol/codec.ts'
import {
  beginBookUpdate,
  beginTrades,
  encodeLevelChange,
  encodeTop,
  encodeTrade,
} from '../../protocol/market-data-codec.ts'
import { type Channel, enumerations, type Message } from '../../protocol/messages.ts'
import { WireWriter } from '../../protocol/wire.ts'
import { doubleZero, type Exchange } from '../core/index.ts'
import { AuctionFeed } from './auction-feed.ts'
import { ChangedLevels } from './changed-levels.ts'
import { ChannelPublisher, type FeedStart, type Publisher } from './publisher.ts'

const { buy, sell } = enumerations.side
const writer = new WireWriter(65_536)
const phaseNames = Object.keys(enumerations.phase) as (keyof typeof enumerations.phase)[]

export class InstrumentFeed {
  readonly instrument: number
  /** Whether a turn changed anything that is not published yet. */
  changed = false
  private readonly exchange: Exchange
  private readonly levels = new ChangedLevels()
  /** Per trade: trade id, price in ticks, quantity in lots, side of the aggressor. */
  private trades: number[] = []
  private readonly topChannel: ChannelPublisher
  private readonly bookChannel: ChannelPublisher
  private readonly tradesChannel: ChannelPublisher
  private readonly statusChannel: ChannelPublisher
  private readonly auction: AuctionFeed
  private isPhaseChanged = false
  /** Best bid and ask, and the status, as they were published last: a snapshot repeats them. */
  private readonly top = {
    bidPriceTicks: doubleZero,
    bidQuantityLots: doubleZero,
    askPriceTicks: doubleZero,
    askQuantityLots: doubleZero,
  }
  private status: Message<'status'>

  constructor(instrument: number, exchange: Exchange, start: FeedStart, publisher: Publisher) {
    this.instrument = instrument
    this.exchange = exchange
    this.topChannel = new ChannelPublisher('top', instrument, start, publisher)
    this.bookChannel = new ChannelPublisher('book', instrument, start, publisher)
    this.tradesChannel = new ChannelPublisher('trades', instrument, start, publisher)
    this.statusChannel = new ChannelPublisher('status', instrument, start, publisher)
    this.auction = new AuctionFeed(instrument, exchange, start, publisher)
    const head = { instrument, previousSequence: 0, sequence: start.sequence, engineTimeUs: start.timeUs }
    const totals = { lastPriceTicks: 0, tradeCount: 0, volumeLots: 0, commandCount: 0 }
    this.status = { type: 'status', ...head, phase: this.phase(), ...totals }
  }

  /** Takes what the exchange holds for published. To be called only while it is as it was at the start. */
  begin(): void {
    this.readTop()
    this.auction.begin()
  }

  channel(channel: Channel): ChannelPublisher {
    if (channel === 'top') return this.topChannel
    if (channel === 'book') return this.bookChannel
    if (channel === 'trades') return this.tradesChannel
    return channel === 'status' ? this.statusChannel : this.auction.channel
  }

  levelChanged(
    side: number,
    priceTicks: number,
    quantityLots: number,
    orderCount: number,
    sequence: number,
    timeUs: number,
  ): void {
    this.levels.set(side, priceTicks, quantityLots, orderCount)
    this.bookChannel.include(sequence, timeUs)
  }

  traded(
    tradeId: number,
    priceTicks: number,
    quantityLots: number,
    aggressorSide: number,
    sequence: number,
    timeUs: number,
  ): void {
    this.trades.push(tradeId, priceTicks, quantityLots, aggressorSide)
    this.tradesChannel.include(sequence, timeUs)
  }

  phaseChanged(): void {
    this.isPhaseChanged = true
  }

  /** Publishes what changed. The exchange must be as it was released. */
  publish(): void {
    this.changed = false
    const isBookChanged = this.levels.count > 0
    if (isBookChanged) {
      this.publishBook()
      this.publishTop()
    }
    if (this.trades.length > 0) this.publishTrades()
    if (isBookChanged || this.isPhaseChanged) this.auction.publish()
    if (this.isPhaseChanged) this.publishStatus()
    this.isPhaseChanged = false
  }

  /** Publishes the status if it changed since it last was. The exchange must be as it was released. */
  publishStatus(): void {
    const { exchange, instrument, status, statusChannel } = this
    const lastPriceTicks = exchange.lastPriceTicks(instrument)
    const tradeCount = exchange.tradeCount(instrument)
    const volumeLots = exchange.volumeLots(instrument)
    const commandCount = exchange.commandCount(instrument)
    const phase = this.phase()
    const sameTotals = tradeCount === status.tradeCount && commandCount === status.commandCount
    if (sameTotals && phase === status.phase) return
    statusChannel.include(exchange.sequence, exchange.timeUs)
    const { previousSequence, sequence, timeUs: engineTimeUs } = statusChannel
    const totals = { lastPriceTicks, tradeCount, volumeLots, commandCount }
    this.status = { ...status, previousSequence, sequence, engineTimeUs, phase, ...totals }
    if (statusChannel.hasSubscribers()) statusChannel.publish(encodeMessagePack(this.status))
    else statusChannel.skip()
  }

  /** What a new subscriber needs to begin with. The exchange must be as it was released. */
  snapshot(channel: Channel): Message[] {
    switch (channel) {
      case 'top': {
        const { sequence, timeUs: engineTimeUs } = this.topChannel
        const { instrument, top } = this
        return [{ type: 'top', instrument, previousSequence: 0, sequence, engineTimeUs, ...top }]
      }
      case 'status':
        return [{ ...this.status, previousSequence: 0 }]
      case 'book': {
        const { sequence, timeUs: engineTimeUs } = this.bookChannel
        const { exchange, instrument } = this
        const bids = exchange.levels(instrument, buy)
        const asks = exchange.levels(instrument, sell)
        return [{ type: 'bookSnapshot', instrument, previousSequence: 0, sequence, engineTimeUs, bids, asks }]
      }
      case 'auction':
        return [this.auction.snapshot()]
      case 'trades':
        return []
    }
  }

  private phase(): keyof typeof enumerations.phase {
    const phase = this.exchange.phase(this.instrument)
    return phaseNames.find((name) => enumerations.phase[name] === phase)!
  }

  private publishBook(): void {
    const { bookChannel, levels, instrument } = this
    if (bookChannel.hasSubscribers()) {
      const { previousSequence, sequence, timeUs } = bookChannel
      const { count, values } = levels
      writer.position = 0
      beginBookUpdate(writer, instrument, previousSequence, sequence, timeUs, count)
      for (let base = 0; base < count * 4; base += 4) {
        encodeLevelChange(writer, values[base], values[base + 1], values[base + 2], values[base + 3])
      }
      bookChannel.publish(writer.bytes.subarray(0, writer.position))
    } else bookChannel.skip()
    levels.clear()
  }

  private publishTop(): void {
    const { instrument, top, topChannel, bookChannel } = this
    if (!this.readTop()) return
    topChannel.include(bookChannel.sequence, bookChannel.timeUs)
    const { previousSequence, sequence, timeUs } = topChannel
    const { bidPriceTicks: bid, bidQuantityLots: bidQuantity, askPriceTicks: ask, askQuantityLots: askQuantity } = top
    if (topChannel.hasSubscribers()) {
      writer.position = 0
      encodeTop(writer, instrument, previousSequence, sequence, timeUs, bid, bidQuantity, ask, askQuantity)
      topChannel.publish(writer.bytes.subarray(0, writer.position))
    } else topChannel.skip()
  }

  /** Takes over best bid and ask from the exchange. Returns whether they changed. */
  private readTop(): boolean {
    const { exchange, instrument, top } = this
    const bid = exchange.bestPriceTicks(instrument, buy)
    const bidQuantity = exchange.bestQuantityLots(instrument, buy)
    const ask = exchange.bestPriceTicks(instrument, sell)
    const askQuantity = exchange.bestQuantityLots(instrument, sell)
    const sameBid = bid === top.bidPriceTicks && bidQuantity === top.bidQuantityLots
    if (sameBid && ask === top.askPriceTicks && askQuantity === top.askQuantityLots) return false
    top.bidPriceTicks = bid
    top.bidQuantityLots = bidQuantity
    top.askPriceTicks = ask
    top.askQuantityLots = askQuantity
    return true
  }

  private publishTrades(): void {
    const { instrument, trades, tradesChannel } = this
    if (tradesChannel.hasSubscribers()) {
      const { previousSequence, sequence, timeUs } = tradesChannel
      writer.position = 0
      beginTrades(writer, instrument, previousSequence, sequence, timeUs, trades.length / 4)
      for (let index = 0; index < trades.length; index += 4) {
        encodeTrade(writer, trades[index], trades[index + 1], trades[index + 2], trades[index + 3])
      }
      tradesChannel.publish(writer.bytes.subarray(0, writer.position))
    } else tradesChannel.skip()
    trades.length = 0
  }
}
