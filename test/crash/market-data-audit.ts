/** Holds what a client was told of the market against what the log comes to. */
import { isDeepStrictEqual } from 'node:util'
import { messagePackCodec } from '../../protocol/codec.ts'
import type { Message } from '../../protocol/messages.ts'
import type { Entry } from './client-record.ts'
import { emptyTop } from './level-history.ts'
import type { LogReplay } from './log-replay.ts'
import { difference, type Report } from './violations.ts'

type Update = Message<'top' | 'bookSnapshot' | 'bookUpdate' | 'trades'>

export class MarketDataAudit {
  messageCount = 0
  private readonly report: Report
  private waiting: Entry[] = []
  /** Sequence of the last message, by channel and instrument. */
  private readonly lastSequence = new Map<string, number>()

  constructor(report: Report) {
    this.report = (invariant, text) => report(invariant, `market data: ${text}`)
  }

  take(entries: readonly Entry[]): void {
    this.waiting.push(...entries)
  }

  get waitingCount(): number {
    return this.waiting.length
  }

  /** Looks at so many of the entries that wait. The replay must contain all that can have been told by then. */
  check(replay: LogReplay, count: number): void {
    for (const { kind, content } of this.waiting.splice(0, count)) {
      if (kind === 'opened') this.lastSequence.clear()
      if (kind === 'fault') this.report('I6', `its client says: ${content.toString()}`)
      if (kind === 'received') for (const message of messagePackCodec.decode(content)) this.checkTold(message, replay)
    }
  }

  private checkTold(message: Message, replay: LogReplay): void {
    switch (message.type) {
      case 'subscribed':
        this.lastSequence.set(`${message.channel} ${message.instrument}`, message.sequence)
        break
      case 'top':
      case 'bookSnapshot':
      case 'bookUpdate':
      case 'trades':
        this.messageCount += 1
        this.checkUpdate(message, replay)
    }
  }

  private checkUpdate(message: Update, replay: LogReplay): void {
    const { type, instrument, previousSequence, sequence } = message
    const channel = type === 'top' || type === 'trades' ? type : 'book'
    const key = `${channel} ${instrument}`
    const isSnapshot = previousSequence === 0 && type !== 'trades' && type !== 'bookUpdate'
    if (!isSnapshot && this.lastSequence.get(key) !== previousSequence) {
      this.report('I6', `${key}: ${previousSequence} to ${sequence} came after ${this.lastSequence.get(key)}`)
    }
    this.lastSequence.set(key, sequence)
    const where = `${channel} of instrument ${instrument} after command ${sequence}`
    if (sequence > replay.sequence) {
      this.report('I8', `${where} was told, but the log ends at ${replay.sequence}`)
      return
    }
    const levels = replay.levels[instrument]
    if (type === 'trades') this.checkTrades(message, replay, where)
    else if (type === 'top') this.checkTop(message, replay, where)
    else if (levels === undefined) {
      if (type !== 'bookSnapshot' || message.bids.length + message.asks.length > 0)
        this.report('I8', `${where}: no such levels`)
    } else if (type === 'bookSnapshot') {
      const { bids, asks } = message
      if (!isDeepStrictEqual({ bids, asks }, levels.at(sequence)))
        this.report('I8', `${where}: levels are not those of the log`)
    } else {
      const expected = new Set(levels.between(previousSequence, sequence).map((change) => JSON.stringify(change)))
      const told = message.changes.map((change) => JSON.stringify(change))
      if (told.length !== expected.size || told.some((change) => !expected.has(change))) {
        this.report('I8', `${where}: changes are ${told}, not ${[...expected]}`)
      }
    }
  }

  private checkTrades(
    { instrument, previousSequence, sequence, trades }: Message<'trades'>,
    replay: LogReplay,
    where: string,
  ): void {
    const expected = replay.tradesBetween(instrument, previousSequence, sequence)
    if (isDeepStrictEqual(trades, expected)) return
    this.report('I8', `${where}: told ${JSON.stringify(trades)}, the log has ${JSON.stringify(expected)}`)
  }

  private checkTop(message: Message<'top'>, replay: LogReplay, where: string): void {
    const { instrument, sequence, bidPriceTicks, bidQuantityLots, askPriceTicks, askQuantityLots } = message
    const expected = replay.levels[instrument]?.topAt(sequence) ?? emptyTop
    const text = difference({ bidPriceTicks, bidQuantityLots, askPriceTicks, askQuantityLots }, expected)
    if (text === 'nothing differs') return
    const isCrossed = bidPriceTicks !== 0 && askPriceTicks !== 0 && bidPriceTicks >= askPriceTicks
    const shouldBeCrossed = expected.bidPriceTicks !== 0 && expected.bidPriceTicks >= expected.askPriceTicks
    this.report(isCrossed && !shouldBeCrossed ? 'I7' : 'I8', `${where}: ${text}`)
  }
}
