/**
 * A running fleet: starts the engine (if it is to), the market view and the bots, watches them, and stops everything in
 * order: bots first, while the engine can still cancel their quotes, the engine last.
 */
import { accessSync, constants, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { BotReport } from '../runtime/report.ts'
import { BotProcess } from './bot-process.ts'
import { EngineProcess, type EngineSettings } from './engine-process.ts'
import { type BotPlan, FleetError } from './fleet-file.ts'
import type { FleetView, Incident } from './fleet-view.ts'
import { requireKeys } from './key-check.ts'
import { LatencyTracker } from './latency.ts'
import { MarketFeed } from './market-feed.ts'

const sampleEveryMs = 250
const mostIncidents = 100

export interface FleetSettings {
  readonly plans: readonly BotPlan[]
  readonly dataFolder: string
  /** The engine to start, or the address of one that runs already. */
  readonly engine: EngineSettings | { readonly url: string }
  /** For the view only: whoever stops the fleet keeps the time. */
  readonly seconds: number | undefined
}

export interface FleetHandlers {
  onIncident(incident: Incident): void
  /** The fleet cannot go on; it is to be stopped. */
  onFailure(text: string): void
}

export class FleetSupervisor {
  private readonly settings: FleetSettings
  private readonly handlers: FleetHandlers
  private readonly engine: EngineProcess | undefined
  private readonly incidents: Incident[] = []
  private readonly latency = new LatencyTracker()
  private market: MarketFeed | undefined
  private bots: BotProcess[] = []
  private sampling: NodeJS.Timeout | undefined
  private url = ''
  private startedMs: number | undefined
  private stoppedMs: number | undefined
  private stopping = false

  constructor(settings: FleetSettings, handlers: FleetHandlers) {
    this.settings = settings
    this.handlers = handlers
    if ('url' in settings.engine) this.url = settings.engine.url
    else this.engine = new EngineProcess(settings.engine, (text) => this.note(text), handlers.onFailure)
  }

  /** @throws FleetError if the engine will not start or be reached, the data folder cannot be used, or a bot has no key */
  async start(): Promise<void> {
    const created = makeLogFolder(this.settings.dataFolder)
    try {
      if (this.engine !== undefined) this.url = await this.engine.start()
      this.market = await connectMarket(this.url, this.settings.plans)
      requireKeys(this.settings.plans, this.settings.dataFolder)
    } catch (error) {
      this.market?.close()
      this.market = undefined
      await this.engine?.stop()
      if (created !== undefined) rmSync(created, { recursive: true, force: true })
      throw error
    }
    // Stopped meanwhile: nothing may be started any more.
    if (this.stopping) {
      this.market.close()
      return
    }
    this.startedMs = performance.now()
    this.sampling = setInterval(() => this.market?.tracker.sample(performance.now()), sampleEveryMs)
    const onReport = ({ ackLatency }: BotReport, nowMs: number) => this.latency.add(ackLatency, nowMs)
    for (const plan of this.settings.plans) {
      const bot = new BotProcess(plan, this.url, this.settings.dataFolder, onReport, (text) => this.note(text))
      this.bots.push(bot)
      bot.start()
    }
  }

  /** Stops all that runs. @returns what went wrong, a line each */
  async stop(): Promise<string[]> {
    this.stopping = true
    this.stoppedMs = performance.now()
    this.market?.tracker.endRun(this.stoppedMs)
    const failures = await Promise.all(this.bots.map((bot) => bot.stop()))
    await this.market?.refresh()
    this.market?.close()
    clearInterval(this.sampling)
    failures.push(await this.engine?.stop())
    return failures.filter((failure) => failure !== undefined)
  }

  /** Ends every process at once: quotes stay where they are until the engine sees the connections end. */
  kill(): void {
    for (const bot of this.bots) bot.kill()
    this.engine?.kill()
  }

  view(): FleetView {
    const nowMs = performance.now()
    const runningSeconds = ((this.stoppedMs ?? nowMs) - (this.startedMs ?? nowMs)) / 1000
    const instruments = this.market?.tracker.views(nowMs) ?? []
    const { engine, seconds } = this.settings
    return {
      engine: {
        url: this.url,
        own: 'url' in engine ? undefined : { logMode: engine.logMode, restarts: this.engine?.restarts ?? 0 },
        connected: this.market?.connected ?? false,
        sequence: this.market?.tracker.sequence ?? 0,
        sequencePerSecond: this.market?.tracker.sequencePerSecond(nowMs) ?? 0,
      },
      runningSeconds,
      remainingSeconds: seconds === undefined ? undefined : Math.max(0, seconds - runningSeconds),
      stopping: this.stopping,
      instruments,
      bots: this.bots.map((bot) => bot.view(instruments, this.stopping, nowMs)),
      recentAck: this.latency.lately(nowMs),
      ack: this.latency.overall(),
      incidents: this.incidents,
    }
  }

  private note(text: string): void {
    const incident = { time: new Date().toTimeString().slice(0, 8), text }
    this.incidents.push(incident)
    if (this.incidents.length > mostIncidents) this.incidents.shift()
    this.handlers.onIncident(incident)
  }
}

/** @returns the first folder that had to be made, if any */
function makeLogFolder(dataFolder: string): string | undefined {
  const folder = resolve(dataFolder, 'logs')
  try {
    const created = makeFolder(folder)
    accessSync(join(folder, '.'), constants.W_OK)
    return created
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new FleetError(`data folder ${dataFolder}: cannot be written (${code}); give another one with --data`)
  }
}

/** As `mkdirSync` with `recursive` does, which however never returns where a parent can't be made, as in /proc. */
function makeFolder(folder: string): string | undefined {
  try {
    mkdirSync(folder)
    return folder
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return undefined
    if (code !== 'ENOENT') throw error
  }
  const created = makeFolder(dirname(folder))
  mkdirSync(folder)
  return created ?? folder
}

/** @throws FleetError if the engine cannot be reached, or does not trade what the bots are to trade */
async function connectMarket(url: string, plans: readonly BotPlan[]): Promise<MarketFeed> {
  const market = new MarketFeed(url)
  const wanted = [...new Set(plans.flatMap(({ instruments }) => instruments))]
  let known: readonly string[]
  try {
    known = await market.connect(wanted)
  } catch (error) {
    throw new FleetError(`${(error as Error).message}; start an engine there, or add --with-engine`)
  }
  const unknown = wanted.find((symbol) => !known.includes(symbol))
  if (unknown === undefined) return market
  market.close()
  throw new FleetError(
    `instrument ${unknown} of the fleet file is not traded at ${url}; it must be one of ${known.join(', ')}`,
  )
}
