/** One channel of one instrument towards its subscribers: their topics, and the chain of sequence numbers. */

import { decodeMessagePack } from '../../protocol/codec.ts'
import type { Channel } from '../../protocol/messages.ts'
import { doubleZero } from '../core/index.ts'

/** Encodings of the protocol; every topic exists once in each. */
export type Encoding = 'msgpack' | 'json'

/** Sends one frame to everyone who subscribed to a topic. */
export interface Publisher {
  subscriberCount(topic: string): number
  publish(topic: string, frame: Uint8Array | string): void
}

/** The last command before the feed begins: what it did is in snapshots, and in no change. */
export interface FeedStart {
  readonly sequence: number
  readonly timeUs: number
}

export class ChannelPublisher {
  readonly topics: Readonly<Record<Encoding, string>>
  /** Sequence number of the last command that the channel's current message includes, and that command's time. */
  sequence = doubleZero
  timeUs = doubleZero
  /** `sequence` of the message before. */
  previousSequence = doubleZero
  private readonly publisher: Publisher

  /** @param start what counts as published already */
  constructor(channel: Channel, instrument: number, start: FeedStart, publisher: Publisher) {
    this.include(start.sequence, start.timeUs)
    this.skip()
    this.topics = { msgpack: `${channel}/${instrument}/msgpack`, json: `${channel}/${instrument}/json` }
    this.publisher = publisher
  }

  /** The message under way includes this command. */
  include(sequence: number, timeUs: number): void {
    this.sequence = sequence
    this.timeUs = timeUs
  }

  hasSubscribers(): boolean {
    return this.publisher.subscriberCount(this.topics.msgpack) + this.publisher.subscriberCount(this.topics.json) > 0
  }

  /** Sends the message that includes everything up to `sequence`; the next one follows it. */
  publish(message: Uint8Array): void {
    const { publisher, topics } = this
    if (publisher.subscriberCount(topics.msgpack) > 0) publisher.publish(topics.msgpack, message)
    if (publisher.subscriberCount(topics.json) > 0) {
      publisher.publish(topics.json, JSON.stringify(decodeMessagePack(message)))
    }
    this.skip()
  }

  /** Counts the message under way as sent: nobody listens. */
  skip(): void {
    this.previousSequence = this.sequence
  }
}
