/**
 * Writes a journal with the log and the sequencer of the engine: the mixed flow of the core suite, and one command in ten
 * of another kind. The exchange that it was written for says what a recovery has to come to.
 */
import '../../engine/compiler.ts'
import path from 'node:path'
import { systemClock } from '../../engine/clock.ts'
import { type Command, Exchange } from '../../engine/core/index.ts'
import { FileJournal } from '../../engine/log/file-journal.ts'
import { Sequencer } from '../../engine/sequencer.ts'
import { encodeOrderEntry } from '../../protocol/order-entry-codec.ts'
import { WireWriter } from '../../protocol/wire.ts'
import type { Flow } from '../core/flow.ts'
import { mixedFlow } from '../core/mixed-flow.ts'
import type { Job, WrittenJournal } from './job.ts'
import { OtherCommands } from './other-commands.ts'
import { flowInstrument, flowSessionName, flowSessions, otherSessionName, otherSessions } from './venue.ts'

/** Of so many commands one is of another kind than the mixed flow has. */
const otherEvery = 10

/** The data folder is one that an engine with the suite's venue has made. */
export async function writeJournal(job: Job & { readonly kind: 'write' }): Promise<WrittenJournal> {
  const flow = mixedFlow({ ...job.flow, sessions: flowSessions })
  const writer = new JournalWriter(job.dataFolder)
  await writer.write(flow, job.batchCommands)
  return writer.close(flow)
}

class JournalWriter {
  private readonly exchange = new Exchange()
  private readonly sequencer: Sequencer
  private readonly wire = new WireWriter(4_096)
  private readonly others = new OtherCommands(1)
  /** The exchange's numbers of sessions, by their number in the flow and among the others. */
  private readonly flowSessions: readonly number[]
  private readonly otherSessions: readonly number[]

  constructor(dataFolder: string) {
    const fail = (error: Error) => {
      throw error
    }
    this.sequencer = new Sequencer({
      exchange: this.exchange,
      // What it syncs is not measured, and nothing depends on it.
      log: new FileJournal(path.join(dataFolder, 'journal'), { mode: 'os' }),
      clock: systemClock,
      release: () => {},
      onHalt: fail,
    })
    this.sequencer.recover()
    this.flowSessions = this.sessionNumbers(flowSessions, flowSessionName)
    this.otherSessions = this.sessionNumbers(otherSessions, otherSessionName)
  }

  async write(flow: Flow, batchCommands: number): Promise<void> {
    for (const session of [...this.flowSessions, ...this.otherSessions]) {
      if (session > 0) this.sequencer.submitDefinition({ type: 'sessionConnected', cancelOnDisconnect: false }, session)
    }
    for (let index = 0; index < flow.count; index++) {
      this.submitOfFlow(flow, index)
      if (index % (otherEvery - 1) === 0) this.submitOther()
      if (index % batchCommands === 0) await this.commit()
    }
    await this.commit()
  }

  close(flow: Flow): WrittenJournal {
    const { exchange } = this
    const tradeCount = exchange.tradeCount(flowInstrument)
    const tradedLots = exchange.volumeLots(flowInstrument)
    if (tradeCount !== flow.expected.tradeCount || tradedLots !== flow.expected.tradedLots) {
      throw new Error(`the flow came to ${tradeCount} trades of ${tradedLots} lots, not to what it should`)
    }
    this.sequencer.close()
    return {
      commands: exchange.sequence,
      openOrders: exchange.openOrderCount,
      levelCount: flow.levelCount,
      stateHash: exchange.stateHash(),
    }
  }

  private commit(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.sequencer.afterRelease(resolve, () => reject(new Error('the journal could not be written')))
      this.sequencer.endTurn()
    })
  }

  private submitOfFlow(flow: Flow, index: number): void {
    const command = this.plainCommand()
    command.type = flow.type[index]
    command.ref = flow.ref[index]
    command.instrument = flowInstrument
    command.side = flow.side[index]
    command.orderType = flow.orderType[index]
    command.timeInForce = flow.timeInForce[index]
    command.quantityLots = flow.quantityLots[index]
    command.priceTicks = flow.priceTicks[index]
    command.orderRef = flow.orderRef[index]
    this.submit(this.flowSessions[flow.session[index]])
  }

  private submitOther(): void {
    const session = this.others.nextSession()
    const number = this.otherSessions[session]
    const control = this.others.next(session, this.sequencer.timeUs, this.plainCommand())
    if (control === undefined) this.submit(number)
    else this.sequencer.submitControl(control, number)
  }

  /** The sequencer's command, without what most commands leave out. */
  private plainCommand(): Command {
    const { command } = this.sequencer
    command.stopPriceTicks = 0
    command.displayQuantityLots = 0
    command.expireTimeUs = 0
    command.selfTradePrevention = 0
    command.reduceOnly = 0
    return command
  }

  private submit(session: number): void {
    const { wire, sequencer } = this
    wire.position = 0
    encodeOrderEntry(wire, sequencer.command)
    sequencer.submitOrderEntry(session, wire.bytes, 0, wire.position)
  }

  private sessionNumbers(count: number, nameOf: typeof flowSessionName): number[] {
    const { exchange } = this
    const numbers = new Map<string, number>()
    for (let number = 1; number <= exchange.sessionCount; number++) {
      const state = exchange.session(number)
      if (state !== undefined) numbers.set(`${exchange.participant(state.participant)?.name}/${state.name}`, number)
    }
    return Array.from({ length: count + 1 }, (_, session) => {
      if (session === 0) return 0
      const name = nameOf(session)
      const number = numbers.get(`${name.participant}/${name.session}`)
      if (number === undefined) throw new Error(`the exchange does not know ${name.participant} ${name.session}`)
      return number
    })
  }
}
