/**
 * Client messages of all kinds as bytes, from a seed: valid ones with likely and unlikely numbers, the same with a few
 * bytes changed, and bytes that mean nothing. What can be decoded of them is what an engine may be sent.
 */
import { RandomSource } from '../../bots/runtime/random.ts'
import { type Codec, messagePackCodec, ProtocolError } from '../../protocol/codec.ts'
import { enumerations, type FieldDefinition, type Message, messages, rows } from '../../protocol/messages.ts'

const orderEntry = ['newOrder', 'cancelOrder', 'replaceOrder', 'massCancel', 'massQuote'] as const
const control = ['setProtection', 'resetProtection', 'changePhase', 'changeLimit', 'blockParticipant'] as const
const names = [...orderEntry, ...control]
/** Half of all messages are new orders, and few are an admin's. */
const likely = ['newOrder', 'newOrder', 'newOrder', 'newOrder', 'replaceOrder', 'cancelOrder', 'massQuote'] as const

const resting = ['goodTillCancel', 'goodTillCancel', 'day', 'goodTillDate'] as const
const tradingAtOnce = ['immediateOrCancel', 'fillOrKill'] as const
const ofLimit = [...resting, ...resting, ...tradingAtOnce, 'atOpen', 'atClose'] as const

export type ClientMessage = Message<(typeof names)[number]>

/** What likely numbers are near to. */
export interface Hints {
  /** Last ref of the session that sends. */
  readonly lastRef: number
  readonly timeUs: number
  readonly instrumentCount: number
  readonly participants: readonly string[]
}

export class FuzzSource {
  private readonly random: RandomSource

  constructor(seed: number) {
    this.random = new RandomSource(seed)
  }

  below(count: number): number {
    return this.random.integerBelow(count)
  }

  /** A frame that may or may not be one message. */
  frame(hints: Hints): Uint8Array {
    if (this.below(20) === 0) return Uint8Array.from({ length: 1 + this.below(60) }, () => this.below(256))
    const frame = encode(this.message(hints))
    if (this.below(3) > 0) return frame
    for (let changes = 1 + this.below(3); changes > 0; changes--) frame[this.below(frame.length)] = this.below(256)
    return frame
  }

  private message(hints: Hints): Message {
    const name = this.below(12) > 0 ? this.oneOf(likely) : this.oneOf(names)
    const fields: readonly FieldDefinition[] = messages[name].fields
    const values = fields.map((field) => [field.name, this.value(field, hints)])
    const message = { type: name, ...Object.fromEntries(values) }
    return name === 'newOrder' && this.below(5) > 0 ? this.coherent(message, hints) : message
  }

  /** The same order with terms that go together, as nearly all orders have. */
  private coherent(order: Message<'newOrder'>, hints: Hints): Message {
    const { orderType } = order
    const isStop = orderType === 'stop' || orderType === 'stopLimit'
    const timeInForce = this.oneOf(orderType === 'market' ? tradingAtOnce : orderType === 'limit' ? ofLimit : resting)
    const hides = timeInForce === 'goodTillCancel' && orderType !== 'stop' && this.below(4) === 0
    return {
      ...order,
      side: this.oneOf(['buy', 'sell'] as const),
      timeInForce,
      stopPriceTicks: isStop ? this.number('stopPriceTicks', hints) : 0,
      displayQuantityLots: hides ? 1 + this.below(6) : 0,
      expireTimeUs: timeInForce === 'goodTillDate' ? this.number('expireTimeUs', hints) + 1 : 0,
      reduceOnly: this.below(8) === 0,
    }
  }

  private value(field: FieldDefinition, hints: Hints): unknown {
    const { type } = field
    if (type === 'boolean') return this.below(4) === 0
    if (type === 'string') return this.oneOf([...hints.participants, 'nobody'])
    if (type === 'list:quote') return Array.from({ length: this.below(5) }, () => this.quote(hints))
    if (type in enumerations) return this.oneOf(Object.keys(enumerations[type as 'side']))
    if (field.default === 0 && field.name !== 'priceTicks' && this.below(5) > 0) return 0
    return this.number(field.name, hints)
  }

  private quote(hints: Hints): unknown {
    return Object.fromEntries(rows.quote.map(({ name }) => [name, this.number(name, hints)]))
  }

  private number(name: string, { lastRef, timeUs, instrumentCount }: Hints): number {
    if (this.below(30) === 0) return this.wildNumber()
    if (name === 'ref') return lastRef + 1
    if (name === 'orderRef') return Math.max(0, lastRef - this.below(15))
    if (name === 'instrument') return this.below(40) === 0 ? instrumentCount + 1 : 1 + this.below(instrumentCount)
    if (name === 'group') return 1 + this.below(3)
    if (name === 'expireTimeUs') return timeUs + this.below(20_000)
    if (name === 'bidPriceTicks') return 94 + this.below(8)
    if (name === 'askPriceTicks') return 99 + this.below(8)
    if (name.endsWith('riceTicks')) return 94 + this.below(13)
    return this.below(25)
  }

  /** Small, near a power of two, or anything. */
  private wildNumber(): number {
    const choice = this.below(3)
    if (choice === 0) return this.below(3)
    const power = 2 ** this.below(54)
    if (choice === 1) return Math.min(power - 1 + this.below(3), Number.MAX_SAFE_INTEGER)
    return Math.floor(this.random.uniform() * power)
  }

  private oneOf<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]
  }
}

const codec: Codec = messagePackCodec

/** The message that a frame is, if it is one that an exchange is asked to carry out. */
export function decode(frame: Uint8Array): ClientMessage | undefined {
  try {
    const [message] = codec.decode(frame)
    return (names as readonly string[]).includes(message?.type) ? (message as ClientMessage) : undefined
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

function encode(message: Message): Uint8Array {
  return codec.encode(message) as Uint8Array
}
