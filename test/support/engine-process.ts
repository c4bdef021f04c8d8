/** A real engine process for tests: on a free port, with a data folder of its own; it can be stopped, killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ConfigurationFile } from '../../engine/configuration.ts'
import { ProgramRun } from './program-run.ts'
import { temporaryFolder } from './temporary-folder.ts'

const program = fileURLToPath(new URL('../../engine/main.ts', import.meta.url))

export interface EngineProcessOptions {
  /** Default: the demo exchange. */
  readonly configuration?: ConfigurationFile
  /** Default: the engine's own, `sync`. */
  readonly logMode?: 'sync' | 'os' | 'memory'
  /** More options of the command line. */
  readonly parameters?: readonly string[]
}

export interface Outcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the engine's command line to its end. */
export async function runEngine(...parameters: readonly string[]): Promise<Outcome> {
  const run = new ProgramRun('engine/main.ts', parameters)
  const exitCode = await run.ended()
  return { exitCode, stdout: run.output, stderr: run.errors }
}

export class EngineProcess {
  /** A temporary folder of this engine's own, for whatever a test keeps beside the data. */
  readonly folder = temporaryFolder()
  readonly dataFolder: string
  /** Address of the running engine. */
  url = ''
  port = 0
  /** What the running engine has printed. */
  output = ''
  private readonly parameters: string[]
  private child: ChildProcess | undefined

  constructor(options: EngineProcessOptions = {}) {
    this.dataFolder = join(this.folder, 'data')
    this.parameters = ['--port', '0', '--data', this.dataFolder, ...(options.parameters ?? [])]
    if (options.logMode !== undefined) this.parameters.push('--log-mode', options.logMode)
    if (options.configuration !== undefined) {
      const path = join(this.folder, 'exchange.json')
      writeFileSync(path, JSON.stringify(options.configuration))
      this.parameters.push('--config', path)
    }
  }

  /**
   * Starts it and waits until it can be connected to.
   * @throws Error with the engine's own words if it does not start
   */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [program, ...this.parameters], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    this.child = child
    this.output = ''
    const keep = (text: Buffer) => {
      this.output += text
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    const printed = once(child.stdout!, 'data')
    const [ready] = (await Promise.race([once(child, 'message'), once(child, 'close')])) as [unknown]
    if (typeof ready !== 'object' || ready === null) throw new Error(`the engine did not start: ${this.output}`)
    const { url, port } = ready as { url: string; port: number }
    this.url = url
    this.port = port
    await printed
  }

  /** Process id of the running engine. */
  get pid(): number {
    return this.child?.pid ?? 0
  }

  /** Where the engine puts the private key of a session. */
  keyFile(participant: string, session: string): string {
    return join(this.dataFolder, 'keys', `${participant}.${session}.key`)
  }

  /** What `GET /health` answers. */
  async health(query = ''): Promise<{ httpStatus: number } & Record<string, unknown>> {
    const response = await fetch(`http://127.0.0.1:${this.port}/health${query}`)
    return { httpStatus: response.status, ...((await response.json()) as object) }
  }

  /** Hash of the exchange's whole state. */
  async stateHash(): Promise<string> {
    return (await this.health('?hash=1')).stateHash as string
  }

  /** Stops it as a person would, and returns its exit code. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    return this.end(signal)
  }

  /** Cuts the channel to it, as the end of its parent would, and returns its exit code. */
  async abandon(): Promise<number | null> {
    const exited = once(this.child!, 'exit')
    this.child?.disconnect()
    const [exitCode] = (await exited) as [number | null]
    return exitCode
  }

  /** Ends it without any chance to clean up. */
  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  /** Kills it if it still runs, and removes all that it wrote. */
  async clean(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this
    if (child === undefined) return null
    this.child = undefined
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const exited = once(child, 'exit')
    child.kill(signal)
    const [exitCode] = (await exited) as [number | null]
    return exitCode
  }
}
