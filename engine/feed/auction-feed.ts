/**
 * What an auction of one instrument would do if it ended now, for its subscribers: published at the end of a turn if it
 * is not what was published last, while the instrument collects orders, and once more, all 0, when that is over.
 */
import { encodeAuctionIndication } from '../../protocol/market-data-codec.ts'
import { enumerations, type Message } from '../../protocol/messages.ts'
import { WireWriter } from '../../protocol/wire.ts'
import { doubleZero, type Exchange, type Indication } from '../core/index.ts'
import { ChannelPublisher, type FeedStart, type Publisher } from './publisher.ts'

const { preOpen, openingAuction, closingAuction } = enumerations.phase
const none: Indication = { priceTicks: 0, volumeLots: 0, imbalanceLots: 0 }
const writer = new WireWriter(256)

export class AuctionFeed {
  readonly channel: ChannelPublisher
  private readonly instrument: number
  private readonly exchange: Exchange
  /** As published last. */
  private readonly last = { priceTicks: doubleZero, volumeLots: doubleZero, imbalanceLots: doubleZero }

  constructor(instrument: number, exchange: Exchange, start: FeedStart, publisher: Publisher) {
    this.instrument = instrument
    this.exchange = exchange
    this.channel = new ChannelPublisher('auction', instrument, start, publisher)
  }

  /** Takes what the exchange holds for published. */
  begin(): void {
    Object.assign(this.last, this.indication())
  }

  /** To be called when the book or the phase changed. The exchange must be as it was released. */
  publish(): void {
    const { channel, exchange, instrument, last } = this
    const indication = this.indication()
    const { priceTicks, volumeLots, imbalanceLots } = indication
    const samePrice = priceTicks === last.priceTicks
    if (samePrice && volumeLots === last.volumeLots && imbalanceLots === last.imbalanceLots) return
    Object.assign(last, indication)
    channel.include(exchange.sequence, exchange.timeUs)
    if (channel.hasSubscribers()) {
      const { previousSequence, sequence, timeUs } = channel
      writer.position = 0
      encodeAuctionIndication(
        writer,
        instrument,
        previousSequence,
        sequence,
        timeUs,
        priceTicks,
        volumeLots,
        imbalanceLots,
      )
      channel.publish(writer.bytes.subarray(0, writer.position))
    } else channel.skip()
  }

  /** All 0 while the instrument collects no orders. */
  private indication(): Indication {
    const { exchange, instrument } = this
    const phase = exchange.phase(instrument)
    const isCollecting = phase === preOpen || phase === openingAuction || phase === closingAuction
    return isCollecting ? exchange.indication(instrument) : none
  }

  /** What was published last. */
  snapshot(): Message<'auctionIndication'> {
    const { sequence, timeUs: engineTimeUs } = this.channel
    const { instrument, last } = this
    return { type: 'auctionIndication', instrument, previousSequence: 0, sequence, engineTimeUs, ...last }
  }
}
