/**
 * Market data for everyone: takes the public events of released commands, and at the end of the turn publishes at most
 * one frame per instrument and channel. Subscribers begin with a snapshot and can tell by the chain of sequence numbers
 * that they missed nothing.
 */
import type { Channel, OutgoingMessage } from '../../protocol/messages.ts'
import { type Exchange, eventLayout, eventType } from '../core/index.ts'
import { InstrumentFeed } from './instrument-feed.ts'
import type { Encoding, FeedStart, Publisher } from './publisher.ts'

const { DETAIL_1, INSTRUMENT, PRICE_TICKS, QUANTITY_LOTS, SEQUENCE, SIDE, TIME_US, TYPE } = eventLayout
const { levelChanged, traded } = eventType

/** A connection as the feed sees it. */
export interface Subscriber {
  readonly encoding: Encoding
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  send(...messages: OutgoingMessage[]): void
}

export class Feed {
  private readonly exchange: Exchange
  private readonly start: FeedStart
  private readonly publisher: Publisher
  /** By instrument number. */
  private readonly instruments: InstrumentFeed[] = []
  private readonly changed: InstrumentFeed[] = []

  /** What the exchange holds by now counts as published: it may come from a snapshot. */
  constructor(exchange: Exchange, publisher: Publisher) {
    this.exchange = exchange
    this.start = { sequence: exchange.sequence, timeUs: exchange.timeUs }
    this.publisher = publisher
    for (const { instrument } of this.definitions()) this.instrument(instrument).begin()
  }

  /** Takes one public event: the record at `base` of an event buffer. */
  take(data: Float64Array, base: number): void {
    const instrument = this.instrument(data[base + INSTRUMENT])
    if (!instrument.changed) {
      instrument.changed = true
      this.changed.push(instrument)
    }
    const side = data[base + SIDE]
    const price = data[base + PRICE_TICKS]
    const quantity = data[base + QUANTITY_LOTS]
    const sequence = data[base + SEQUENCE]
    const timeUs = data[base + TIME_US]
    if (data[base + TYPE] === levelChanged) {
      instrument.levelChanged(side, price, quantity, data[base + DETAIL_1], sequence, timeUs)
    } else if (data[base + TYPE] === traded) {
      instrument.traded(data[base + DETAIL_1], price, quantity, side, sequence, timeUs)
    } else {
      instrument.phaseChanged()
    }
  }

  /** Publishes what was taken. The exchange must be as it was released. */
  publish(): void {
    for (const instrument of this.changed) instrument.publish()
    this.changed.length = 0
  }

  /** Publishes every status that changed; to be called once a second, with the exchange as it was released. */
  publishStatus(): void {
    for (const { instrument } of this.definitions()) this.instrument(instrument).publishStatus()
  }

  /**
   * Answers a subscription and sends the snapshot. The exchange must be as it was released.
   * @param instrument instrument number, 0 for all
   * @returns false if there is no such instrument
   */
  subscribe(subscriber: Subscriber, channel: Channel, instrument: number): boolean {
    const feeds = this.select(instrument)
    for (const feed of feeds) {
      const publisher = feed.channel(channel)
      subscriber.subscribe(publisher.topics[subscriber.encoding])
      const { sequence } = publisher
      const answer = { type: 'subscribed', channel, instrument: feed.instrument, sequence } as const
      subscriber.send(answer, ...feed.snapshot(channel))
    }
    return feeds.length > 0 || instrument === 0
  }

  /** Ends a subscription; the same parameters and result as `subscribe`. */
  unsubscribe(subscriber: Subscriber, channel: Channel, instrument: number): boolean {
    const feeds = this.select(instrument)
    for (const feed of feeds) {
      subscriber.unsubscribe(feed.channel(channel).topics[subscriber.encoding])
      subscriber.send({ type: 'unsubscribed', channel, instrument: feed.instrument })
    }
    return feeds.length > 0 || instrument === 0
  }

  private select(instrument: number): InstrumentFeed[] {
    return this.definitions()
      .filter((definition) => instrument === 0 || definition.instrument === instrument)
      .map((definition) => this.instrument(definition.instrument))
  }

  private definitions() {
    return this.exchange.instruments.filter((definition) => definition !== undefined)
  }

  private instrument(number: number): InstrumentFeed {
    let instrument = this.instruments[number]
    if (instrument === undefined) {
      instrument = new InstrumentFeed(number, this.exchange, this.start, this.publisher)
      this.instruments[number] = instrument
    }
    return instrument
  }
}
