/**
 * A participant that trades without a pause and remembers all that it asked for and all that it was told, across every
 * crash of the engine. What it remembers is later held against the log.
 */

import type { RandomSource } from '../../bots/runtime/random.ts'
import { ClientSession } from '../../protocol/client/index.ts'
import { openWebSocket, signerFromKeyFile } from '../../protocol/client/node.ts'
import type { Answer, Request, SessionEvent } from '../../protocol/client/session-types.ts'

/** Requests that wait for an answer at a time, at most. */
const window = 20
/** Orders that the trader tries to keep open, so that cancels and replaces find some. */
const restingOrders = 60
const instrumentCount = 2
const fairPriceTicks = 10_000

export interface TraderOptions {
  /** Where the engine listens now. */
  readonly url: () => string
  readonly participant: string
  readonly keyFile: string
  readonly random: RandomSource
}

export class RecordingTrader {
  /** Every event of the session, from number 1 on. */
  readonly events: SessionEvent[] = []
  /** Refs that were sent, and how often each was answered. */
  readonly answersByRef = new Map<number, number>()
  /** Anything that must not happen. */
  readonly faults: string[] = []
  private readonly random: RandomSource
  private readonly session: ClientSession
  private readonly open = new Map<number, { instrument: number }>()
  private trading = false

  constructor(options: TraderOptions) {
    this.random = options.random
    this.session = new ClientSession(
      {
        url: options.url(),
        participant: options.participant,
        session: 'main',
        sign: signerFromKeyFile(options.keyFile),
        openWebSocket: (_, subprotocol) => openWebSocket(options.url(), subprotocol),
        cancelOnDisconnect: false,
        nextEvent: 1,
      },
      {
        onEvent: (event) => this.record(event),
        onAnswer: (request, answer) => this.answered(request, answer),
        onError: (error) => this.faults.push(`error ${error.code} for ref ${error.ref}: ${error.text}`),
        onUnanswered: (request) => this.faults.push(`ref ${request.ref} will never be answered`),
        onGap: (expected, first) => this.faults.push(`events ${expected} to ${first - 1} were not kept`),
        onState: (state, reason) => {
          if (state === 'closed' && this.trading) this.faults.push(`the session ended: ${reason}`)
          if (state === 'live') this.trade()
        },
      },
    )
  }

  async start(): Promise<void> {
    this.trading = true
    await this.session.connect()
  }

  /** Asks for nothing more. */
  stop(): void {
    this.trading = false
  }

  /** Whether everything that it asked for is answered. */
  get isSettled(): boolean {
    return this.session.pendingCount === 0
  }

  /** Cancels what is open, so that an answer comes behind every event before it, and leaves. */
  async end(): Promise<void> {
    if (!(await this.session.close(true))) this.faults.push('the last mass cancel was not answered')
  }

  get isLive(): boolean {
    return this.session.state === 'live'
  }

  private record(event: SessionEvent): void {
    if (event.eventNumber !== this.events.length + 1) {
      this.faults.push(`event ${event.eventNumber} came after event ${this.events.length}`)
    }
    this.events.push(event)
    if (event.type === 'cancelled') this.open.delete(event.orderRef)
    if (event.type === 'filled' && event.leavesLots === 0) this.open.delete(event.orderRef)
  }

  private answered(request: Request, answer: Answer): void {
    this.answersByRef.set(request.ref, (this.answersByRef.get(request.ref) ?? 0) + 1)
    if (request.type === 'newOrder' && answer.type === 'accepted') {
      this.open.set(request.ref, { instrument: request.instrument })
    }
    this.trade()
  }

  /** Fills the window. Requests made while the engine is down wait in the session and are sent when it is back. */
  private trade(): void {
    while (this.trading && this.session.pendingCount < window) {
      const ref = this.request()
      this.answersByRef.set(ref, 0)
    }
  }

  private request(): number {
    const { random, session } = this
    const draw = random.integerBelow(100)
    const orders = [...this.open.keys()]
    const orderRef = orders[random.integerBelow(Math.max(1, orders.length))]
    if (draw === 0) return session.massCancel(random.integerBelow(instrumentCount + 1))
    if (orderRef !== undefined && orders.length > restingOrders && draw < 50) return session.cancelOrder(orderRef)
    if (orderRef !== undefined && draw < 65) {
      return session.replaceOrder(orderRef, 1 + random.integerBelow(50), fairPriceTicks - 10 + random.integerBelow(21))
    }
    return session.newOrder({
      instrument: 1 + random.integerBelow(instrumentCount),
      side: random.integerBelow(2) === 0 ? 'buy' : 'sell',
      timeInForce: draw > 95 ? 'immediateOrCancel' : 'goodTillCancel',
      quantityLots: 1 + random.integerBelow(50),
      priceTicks: fairPriceTicks - 10 + random.integerBelow(21),
    })
  }
}
