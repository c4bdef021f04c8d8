/**
 * The engine as a process of the fleet: started, its readiness awaited, started again when it dies. Bots know it by its
 * address only; this is the one place that knows where its program lies.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { FleetError } from './fleet-file.ts'
import { describeDeath, ProcessLog } from './process-log.ts'
import { SupervisedProcess } from './supervised-process.ts'

const program = join(import.meta.dirname, '..', '..', 'engine', 'main.ts')
/** To write what it has and close the log. */
const stopGraceMs = 10_000

export interface EngineSettings {
  readonly port: number
  readonly dataFolder: string
  readonly configFile: string | undefined
  readonly logMode: string
}

/** What the engine tells its parent once it can be connected to. */
interface Ready {
  readonly type: 'ready'
  readonly url: string
  readonly port: number
}

export class EngineProcess {
  private readonly settings: EngineSettings
  private readonly process: SupervisedProcess
  private readonly log: ProcessLog
  private readonly ready = Promise.withResolvers<string>()
  /** Bots come back to the port of the first life, also where the system chose it. */
  private port: number
  private wasEverReady = false
  private isReady = false

  /** `onRefused`: it died and, started again, would not; the text is its own. */
  constructor(settings: EngineSettings, onIncident: (text: string) => void, onRefused: (text: string) => void) {
    this.settings = settings
    this.port = settings.port
    this.log = new ProcessLog(join(settings.dataFolder, 'logs', 'engine.log'))
    this.process = new SupervisedProcess({
      launch: () => {
        this.isReady = false
        return this.log.during((descriptor) => launch(this.commandLine(), descriptor))
      },
      onMessage: (message) => this.hear(message as Ready),
      onDeath: (death, restartInMs) => {
        if (!this.isReady) {
          const text = this.log.words().join('\n') || `the engine ${death.text}; see ${this.log.path}`
          if (!this.wasEverReady) this.ready.reject(new FleetError(text))
          else onRefused(text)
          return false
        }
        onIncident(`the engine ${describeDeath(death, this.log)}; it restarts in ${restartInMs / 1000} s`)
        return true
      },
    })
  }

  get restarts(): number {
    return this.process.restarts
  }

  /**
   * Resolves with its address when it can be connected to.
   * @throws FleetError with the engine's own words if it would not start
   */
  start(): Promise<string> {
    this.process.start()
    return this.ready.promise
  }

  /** @returns what went wrong, if anything did */
  async stop(): Promise<string | undefined> {
    const wasReady = this.isReady
    const death = await this.process.stop(stopGraceMs)
    // One that was stopped before it was ready had nothing to lose; one that refused to start has said why.
    if (!wasReady || death?.exitCode === 0) return undefined
    return `the engine ${death === undefined ? 'was not running at the end' : death.text}; see ${this.log.path}`
  }

  kill(): void {
    this.process.kill()
  }

  private hear(message: Ready): void {
    if (message.type !== 'ready') return
    this.isReady = true
    this.wasEverReady = true
    this.port = message.port
    this.ready.resolve(message.url)
  }

  private commandLine(): string[] {
    const { dataFolder, configFile, logMode } = this.settings
    return [
      ...['--port', this.port.toString(), '--data', dataFolder, '--log-mode', logMode, '--quiet'],
      ...(configFile === undefined ? [] : ['--config', configFile]),
    ]
  }
}

/** In a process group of its own, as the bots are; it ends by itself when its channel to the supervisor does. */
function launch(parameters: readonly string[], logDescriptor: number): ChildProcess {
  return spawn(process.execPath, [program, ...parameters], {
    detached: true,
    stdio: ['ignore', logDescriptor, logDescriptor, 'ipc'],
  })
}
