/** One bot of the fleet: its process, kept alive, and what is known of it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { BotReport, StopRequest } from '../runtime/report.ts'
import { BotTracker } from './bot-tracker.ts'
import type { BotPlan } from './fleet-file.ts'
import type { BotView, InstrumentView } from './fleet-view.ts'
import { describeDeath, ProcessLog } from './process-log.ts'
import { SupervisedProcess } from './supervised-process.ts'

const program = join(import.meta.dirname, '..', 'main.ts')
/** To cancel the quotes, be told so, and exit. */
const stopGraceMs = 5_000

export class BotProcess {
  readonly tracker: BotTracker
  private readonly process: SupervisedProcess
  private readonly log: ProcessLog

  /** `onIncident` is told what people should know, as a sentence about this bot. */
  constructor(
    plan: BotPlan,
    url: string,
    dataFolder: string,
    onReport: (report: BotReport, nowMs: number) => void,
    onIncident: (text: string) => void,
  ) {
    this.tracker = new BotTracker(plan)
    this.log = new ProcessLog(join(dataFolder, 'logs', `${plan.name}.log`))
    this.process = new SupervisedProcess({
      launch: () => this.log.during((descriptor) => launch(commandLine(plan, url, dataFolder), descriptor)),
      onMessage: (message) => {
        const report = message as BotReport
        const nowMs = performance.now()
        const halted = this.tracker.take(report, nowMs)
        onReport(report, nowMs)
        if (halted !== undefined) onIncident(`${plan.name} halted: ${halted}`)
      },
      onDeath: (death, restartInMs) => {
        this.tracker.lifeEnded()
        onIncident(`${plan.name} ${describeDeath(death, this.log)}; it restarts in ${restartInMs / 1000} s`)
        return true
      },
    })
  }

  start(): void {
    this.process.start()
  }

  /** Resolves when it is gone, its quotes cancelled. @returns what went wrong, if anything did */
  async stop(): Promise<string | undefined> {
    const death = await this.process.stop(stopGraceMs, askToStop)
    // One that had not begun to report has traded nothing: however it ended, nothing is lost.
    const nothingLost = !this.tracker.hasReported || (death?.exitCode === 0 && this.tracker.endedWell)
    if (death !== undefined && nothingLost) return undefined
    const how = death === undefined ? 'was not running at the end' : `${death.text} when it was asked to stop`
    return `${this.tracker.plan.name} ${how}; see ${this.log.path}`
  }

  kill(): void {
    this.process.kill()
  }

  view(instruments: readonly InstrumentView[], ending: boolean, nowMs: number): BotView {
    const state = this.process.running ? 'running' : ending ? 'ended' : 'restarting'
    return this.tracker.view(state, this.process.restarts, instruments, nowMs)
  }
}

function askToStop(child: ChildProcess): void {
  const request: StopRequest = { type: 'stop' }
  if (child.connected) child.send(request)
}

/** Arguments that make the bots' program run this bot. */
export function commandLine(plan: BotPlan, url: string, dataFolder: string): string[] {
  const options = Object.entries(plan.options).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    if (value === false) return []
    return value === true ? [flag] : [flag, value.toString()]
  })
  return [
    plan.kind,
    ...['--url', url, '--data', dataFolder, '--participant', plan.participant, '--session', plan.session],
    ...plan.instruments.flatMap((symbol) => ['--instrument', symbol]),
    ...['--seed', plan.seed.toString()],
    ...options,
  ]
}

/**
 * In a process group of its own, so that a Ctrl-C in the terminal reaches the supervisor alone, which stops all in
 * order; the bot ends by itself when its channel to the supervisor does.
 */
function launch(parameters: readonly string[], logDescriptor: number): ChildProcess {
  return spawn(process.execPath, [program, ...parameters], {
    detached: true,
    stdio: ['ignore', logDescriptor, logDescriptor, 'ipc'],
  })
}
