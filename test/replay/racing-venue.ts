/**
 * An exchange in this process behind two connections that race each other: what one session sends, and what is sent to
 * it, keeps its order, and between the two sessions there is none but chance. Whoever relies on more fails here, and
 * with the same seed again.
 */
import { RandomSource } from '../../bots/runtime/random.ts'
import type { OrderEntry } from '../../bots/traders/lobster/order-entry.ts'
import {
  Command,
  type Definition,
  EventBuffer,
  Exchange,
  eventLayout,
  eventWidth,
  isPublicEvent,
} from '../../engine/core/index.ts'
import { encodeEventRecord } from '../../engine/gateway/event-record.ts'
import type { SessionEvent } from '../../protocol/client/index.ts'
import { messagePackCodec } from '../../protocol/codec.ts'
import { completeMessage, completeRow } from '../../protocol/complete.ts'
import { maxEventBytes } from '../../protocol/event-codec.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations, messages, type OutgoingMessage } from '../../protocol/messages.ts'
import { WireWriter } from '../../protocol/wire.ts'

const { EVENT_NUMBER, SESSION, TYPE } = eventLayout

export const instrument = 1
export const instrumentRow = completeRow('instrument', {
  instrument,
  symbol: 'TEST',
  currency: 'USD',
  currencyDecimals: 2,
  tickSize: '0.01',
  lotSize: '1',
  tickValueMinor: 1,
  minPriceTicks: 1,
  maxPriceTicks: limits.maxPriceTicks,
  maxOrderQuantityLots: limits.maxQuantityLots,
  referencePriceTicks: 10_000,
  priceBandBasisPoints: 0,
  makerFeeRate: 0,
  takerFeeRate: 0,
})

/** Most commands or events that pass on one connection before the other may get its turn. */
const mostAtOnce = 3

type CommandFields = Partial<Omit<Command, 'sequence' | 'timeUs'>> & { type: number }

class RacingConnection implements OrderEntry {
  /** Called with each event of the session. */
  onEvent: (event: SessionEvent) => void = () => {}
  readonly commands: CommandFields[] = []
  readonly events: SessionEvent[] = []
  private readonly session: number
  private readonly onSend: () => void
  private lastRef = 0

  constructor(session: number, onSend: () => void) {
    this.session = session
    this.onSend = onSend
  }

  newOrder(order: Parameters<OrderEntry['newOrder']>[0]): number {
    return this.send({
      type: messages.newOrder.number,
      instrument: order.instrument,
      side: enumerations.side[order.side],
      orderType: enumerations.orderType[order.orderType ?? 'limit'],
      timeInForce: enumerations.timeInForce[order.timeInForce ?? 'goodTillCancel'],
      quantityLots: order.quantityLots,
      priceTicks: order.priceTicks ?? 0,
    })
  }

  cancelOrder(orderRef: number): number {
    return this.send({ type: messages.cancelOrder.number, orderRef })
  }

  replaceOrder(orderRef: number, quantityLots: number, priceTicks: number): number {
    return this.send({ type: messages.replaceOrder.number, orderRef, quantityLots, priceTicks })
  }

  private send(fields: CommandFields): number {
    this.lastRef += 1
    this.commands.push({ ...fields, session: this.session, ref: this.lastRef })
    this.onSend()
    return this.lastRef
  }
}

export class RacingVenue {
  readonly exchange = new Exchange()
  readonly resting: RacingConnection
  readonly aggressor: RacingConnection
  /** A third party, which has no business here. */
  readonly intruder: RacingConnection
  private readonly connections: readonly RacingConnection[]
  private readonly random: RandomSource
  private readonly out = new EventBuffer()
  private readonly writer = new WireWriter(maxEventBytes)
  private sequence = 0
  private isTurning = false

  constructor(seed: number) {
    this.random = new RandomSource(seed)
    const { exchange, out } = this
    const define = (message: OutgoingMessage<Definition['type']>) => {
      this.sequence += 1
      exchange.applyDefinition(completeMessage(message), this.sequence, this.sequence, 0, out)
    }
    define({ type: 'instrumentDefined', instruments: [instrumentRow] })
    this.connections = ['resting', 'aggressor', 'intruder'].map((name, index) => {
      const participant = index + 1
      define({
        type: 'participantDefined',
        participant,
        name,
        maxOrderQuantityLots: limits.maxQuantityLots,
        maxOrderNotionalMinor: limits.maxNotionalMinor,
        maxPositionLots: 2 ** 40,
        maxOpenOrders: 100_000,
      })
      define({ type: 'sessionDefined', session: participant, participant, name: 'main' })
      return new RacingConnection(participant, () => this.turnSoon())
    })
    ;[this.resting, this.aggressor, this.intruder] = this.connections
  }

  private turnSoon(): void {
    if (this.isTurning) return
    this.isTurning = true
    setImmediate(() => this.turn())
  }

  /** Lets some commands or some events of one connection pass. */
  private turn(): void {
    const busy = this.connections.filter(({ commands, events }) => commands.length + events.length > 0)
    this.isTurning = false
    if (busy.length === 0) return
    const connection = this.random.pick(busy)
    const takesEvents =
      connection.commands.length === 0 || (connection.events.length > 0 && this.random.uniform() < 0.5)
    for (let count = 1 + this.random.integerBelow(mostAtOnce); count > 0; count -= 1) {
      if (takesEvents) {
        const event = connection.events.shift()
        if (event !== undefined) connection.onEvent(event)
      } else {
        const fields = connection.commands.shift()
        if (fields !== undefined) this.apply(fields)
      }
    }
    this.turnSoon()
  }

  private apply(fields: CommandFields): void {
    const { out, writer } = this
    this.sequence += 1
    const command = Object.assign(new Command(), fields, { sequence: this.sequence, timeUs: this.sequence })
    out.clear()
    this.exchange.apply(command, out)
    for (let base = 0; base < out.length; base += eventWidth(out.data[base + TYPE])) {
      if (isPublicEvent(out.data[base + TYPE]) || out.data[base + EVENT_NUMBER] === 0) continue
      writer.position = 0
      encodeEventRecord(writer, out.data, base)
      const [event] = messagePackCodec.decode(writer.bytes.slice(0, writer.position))
      this.connections[out.data[base + SESSION] - 1].events.push(event as SessionEvent)
    }
  }
}
