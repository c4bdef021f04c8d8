/**
 * One bot: a session, market data, and a trader for each of its instruments. It keeps orders, positions and counts up to
 * date, lets the traders act when it is their time and the risk guard has nothing against it, and pulls the quotes of an
 * instrument that it halts.
 */
import {
  type Answer,
  ClientSession,
  MarketDataClient,
  type OpenWebSocket,
  type SessionEvent,
} from '../../protocol/client/index.ts'
import { errors } from '../../protocol/errors.ts'
import type { Row } from '../../protocol/messages.ts'
import { AckLatency } from './ack-latency.ts'
import type { Clock } from './clock.ts'
import { Desk } from './desk.ts'
import { pickInstruments } from './instruments.ts'
import { RandomSource } from './random.ts'
import type { BotReport, BotState } from './report.ts'
import type { RiskLimits } from './risk-guard.ts'
import { Seat } from './seat.ts'
import type { MakeTrader } from './trader.ts'
import { WorkingOrders } from './working-orders.ts'

export interface BotOptions {
  /** Name of the command, for reports. */
  readonly kind: string
  readonly url: string
  readonly participant: string
  readonly session: string
  readonly sign: (text: string) => string
  readonly openWebSocket: OpenWebSocket
  readonly symbols: readonly string[]
  readonly seed: number
  readonly limits: RiskLimits
  /** Told, in one line, what people should know. */
  readonly onIncident: (text: string) => void
}

/** How often the risk guard looks at every desk, whether its trader acts or not. */
const guardIntervalMs = 250
/** How long it may take until every book is there and the orders of an earlier process are cancelled. */
const readyTimeoutMs = 5_000
const blockReason = 'an admin has blocked the participant'

export class Bot {
  private readonly options: BotOptions
  private readonly clock: Clock
  private readonly makeTrader: MakeTrader
  private readonly session: ClientSession
  private readonly marketData: MarketDataClient
  private readonly orders: WorkingOrders
  private readonly latency = new AckLatency()
  private readonly seats = new Map<number, Seat>()
  private rejects = 0
  /** Whether its last new order was rejected because an admin has blocked the participant. */
  private isBlocked = false
  private isTrading = false
  private isStopped = false
  /** Called when what trading has to wait for may have come. */
  private onProgress: () => void = () => {}
  private abandonStart: () => void = () => {}
  private callOffWatch: () => void = () => {}
  private fail: (error: Error) => void = () => {}
  /** Rejects when the bot cannot go on: the engine refused or replaced its session. */
  readonly failed: Promise<never>

  constructor(options: BotOptions, makeTrader: MakeTrader, clock: Clock) {
    this.options = options
    this.makeTrader = makeTrader
    this.clock = clock
    this.failed = new Promise((_, reject) => {
      this.fail = reject
    })
    // Whoever stands the bot up may not be listening yet.
    this.failed.catch(() => {})
    this.session = this.openSession()
    this.marketData = this.openMarketData()
    this.orders = new WorkingOrders(this.session)
  }

  /**
   * Connects and begins to trade.
   * @throws Error in one line: engine not reachable, logon refused, no such instrument, stopped meanwhile
   */
  async start(): Promise<void> {
    await this.marketData.connect()
    const listed = await this.marketData.listInstruments()
    for (const instrument of pickInstruments(listed, this.options.symbols)) this.seat(instrument)
    await this.session.connect()
    this.watch()
    for (const instrument of this.seats.keys()) {
      this.marketData.subscribe('book', instrument)
      this.marketData.subscribe('trades', instrument)
      this.marketData.subscribe('status', instrument)
    }
    await this.ready()
    this.isTrading = true
    for (const seat of this.seats.values()) seat.check()
  }

  /** Stops trading, cancels all quotes, waits until that is answered, and disconnects. */
  async stop(): Promise<void> {
    if (this.isStopped) return
    this.isStopped = true
    this.callOffWatch()
    this.abandonStart()
    for (const seat of this.seats.values()) seat.stop()
    const isAnswered = await this.session.close(true)
    this.marketData.close()
    if (!isAnswered) this.options.onIncident('not every request was answered before the end')
  }

  /** Those that it trades; known once it has started. */
  get instruments(): Row<'instrument'>[] {
    return [...this.seats.values()].map((seat) => seat.desk.instrument)
  }

  /** The figures so far; those on latency since the last call. */
  report(): BotReport {
    const { kind, participant, session } = this.options
    const seats = [...this.seats.values()]
    const halted = this.haltedSeat(seats)
    const haltReason = this.isBlocked ? blockReason : halted && `${halted.desk.instrument.symbol}: ${halted.haltReason}`
    return {
      type: 'report',
      bot: `${participant}.${session}`,
      kind,
      state: this.state(haltReason !== undefined),
      ...(haltReason !== undefined && { haltReason }),
      positions: seats.map(({ desk }) => desk.position.report(this.orders.countOf(desk.instrument.instrument))),
      submittedLots: this.orders.submittedLots,
      filledLots: seats.reduce((sum, { desk }) => sum + desk.position.filledLots, 0),
      orders: this.orders.acceptedOrders,
      fills: seats.reduce((sum, { desk }) => sum + desk.position.fills, 0),
      rejects: this.rejects,
      ackLatency: this.latency.take(),
    }
  }

  /** One whose halt is the bot's: its guard halted it, or no instrument is in continuous trading. */
  private haltedSeat(seats: readonly Seat[]): Seat | undefined {
    const byGuard = seats.find(({ haltReason, desk }) => haltReason !== undefined && haltReason !== desk.phaseReason)
    return byGuard ?? (seats.every(({ haltReason }) => haltReason !== undefined) ? seats[0] : undefined)
  }

  private state(isHalted: boolean): BotState {
    if (this.isStopped) return 'stopped'
    if (this.session.state !== 'live') return 'connecting'
    return isHalted ? 'halted' : 'live'
  }

  private openSession(): ClientSession {
    const options = { ...this.options, clock: this.clock }
    return new ClientSession(options, {
      onEvent: (event, replayed) => this.takeEvent(event, replayed),
      onAnswer: (request, answer, waitedUs) => {
        this.latency.record(waitedUs)
        if (request.type === 'newOrder') this.noteBlock(answer)
        if (answer.type !== 'rejected') return
        this.rejects += 1
        this.orders.onNoEffect(request)
      },
      onError: (error, request) => {
        if (request === undefined) {
          // The end of the connection, which follows, says the same again.
          if (errors[error.code]?.answer === 'close') return
          this.options.onIncident(`the engine says ${error.code}: ${error.text}`)
          return
        }
        this.rejects += 1
        this.orders.onNoEffect(request)
      },
      onUnanswered: (request, outcome) => this.orders.onUnanswered(request, outcome),
      onSnapshot: ({ openOrders }) => this.takeOver(openOrders),
      // Accounts begin anew there, and only those in use are told.
      onNewLog: () => {
        for (const { desk } of this.seats.values()) desk.position.reopen()
      },
      onPosition: (position) => this.seats.get(position.instrument)?.desk.position.onPosition(position),
      onState: (state, reason) => {
        if (state === 'disconnected') this.options.onIncident(reason)
        if (state === 'closed' && !this.isStopped) this.fail(new Error(reason))
        this.changed()
      },
      onNotice: (notice) => this.options.onIncident(`the engine says ${notice.code}: ${notice.text}`),
    })
  }

  private openMarketData(): MarketDataClient {
    const options = { ...this.options, clock: this.clock }
    return new MarketDataClient(options, {
      onBook: (_, message) => {
        this.onProgress()
        this.changed(message.instrument)
      },
      onTrades: (message) => {
        const seat = this.seats.get(message.instrument)
        const last = message.trades.at(-1)
        if (seat !== undefined && last !== undefined) seat.desk.lastTradePriceTicks = last.priceTicks
        this.changed(message.instrument)
      },
      onStatus: ({ instrument, phase }) => {
        const desk = this.seats.get(instrument)?.desk
        if (desk === undefined || desk.phase === phase) return
        desk.phase = phase
        this.changed(instrument)
      },
      onState: () => this.changed(),
    })
  }

  /**
   * Resolves once every book is complete and no order is there that this process does not know.
   * @throws Error if that takes too long
   */
  private ready(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const callOff = this.clock.after(readyTimeoutMs, () => {
      const what = this.orders.areAllKnown ? 'no book came' : 'earlier orders were not cancelled'
      reject(new Error(`${what} within ${readyTimeoutMs / 1000} s`))
    })
    this.abandonStart = () => {
      callOff()
      reject(new Error('stopped before it could trade'))
    }
    this.onProgress = () => {
      const instruments = [...this.seats.keys()]
      const areBooksComplete = instruments.every((instrument) => this.marketData.book(instrument)?.synchronised)
      if (!areBooksComplete || !this.orders.areAllKnown) return
      callOff()
      this.onProgress = () => {}
      resolve()
    }
    return promise
  }

  /** A blocked participant has no orders and may still cancel: only new orders tell. It goes on asking, so that it notices the end. */
  private noteBlock(answer: Answer): void {
    const isBlocked = answer.type === 'rejected' && answer.code === 'participantBlocked'
    if (isBlocked && !this.isBlocked) this.options.onIncident(blockReason)
    this.isBlocked = isBlocked
  }

  /** Orders that it had not been told of: of an earlier process, or from before it lost touch for long. */
  private takeOver(openOrders: readonly Row<'openOrder'>[]): void {
    this.orders.takeOver(openOrders, (instrument) => this.seats.has(instrument))
    if (openOrders.length === 0) return
    const done = this.orders.areAllKnown ? 'takes over' : 'cancels'
    this.options.onIncident(`${done} the session's open orders: ${openOrders.length}`)
  }

  private takeEvent(event: SessionEvent, replayed: boolean): void {
    this.orders.onEvent(event)
    this.onProgress()
    if (event.type === 'filled') this.seats.get(event.instrument)?.desk.position.onFill(event, replayed)
    // A reject is no reason to try the same again at once.
    if (event.type !== 'rejected') this.changed('instrument' in event ? event.instrument : undefined)
  }

  private seat(instrument: Row<'instrument'>): void {
    const desk = new Desk(instrument, this.orders, this.marketData, this.options.limits)
    // Every instrument has its own chance, so that what happens in one does not change what is decided in another.
    const random = new RandomSource(this.options.seed * 2 ** 16 + instrument.instrument)
    const trader = this.makeTrader(desk, random)
    const seat = new Seat(desk, trader, this.clock, (asking) => this.mayTrade(asking))
    this.seats.set(instrument.instrument, seat)
  }

  /** Something changed at a desk, or at all of them. */
  private changed(instrument?: number): void {
    if (!this.isTrading || this.isStopped) return
    for (const seat of this.seats.values()) {
      if (instrument === undefined || seat.desk.instrument.instrument === instrument) seat.changed()
    }
  }

  /** Halts desks, and lets those go on again whose cause is gone. */
  private watch(): void {
    if (this.isStopped) return
    // Nothing happens while that is outstanding; it is asked for again if it was refused.
    if (!this.orders.areAllKnown) this.orders.cancelAll(0)
    if (this.isTrading) for (const seat of this.seats.values()) seat.check()
    this.callOffWatch = this.clock.after(guardIntervalMs, () => this.watch())
  }

  private mayTrade(seat: Seat): boolean {
    const haltReason = seat.desk.assess(this.session.state === 'live')
    if (haltReason !== undefined) this.pull(seat, haltReason)
    seat.haltReason = haltReason
    return haltReason === undefined
  }

  /** Cancels the quotes of a desk that halts. Without a session there is no need: the engine cancels them. */
  private pull(seat: Seat, reason: string): void {
    const { symbol, instrument } = seat.desk.instrument
    if (seat.haltReason !== reason) this.options.onIncident(`${symbol} halted: ${reason}`)
    if (this.session.state === 'live' && this.orders.countOf(instrument) > 0) this.orders.cancelAll(instrument)
  }
}
