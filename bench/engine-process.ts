/** The engine as a process of a run: a data folder of its own, participants with high limits, keys that only the run has. */
import type { ChildProcess } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ConfigurationFile } from '../engine/configuration.ts'
import type { Credentials } from './load/job.ts'
import type { Processes } from './processes.ts'

const program = fileURLToPath(new URL('../engine/main.ts', import.meta.url))

/** File system types, as `statfs` numbers them, that are memory under another name. */
const memoryFileSystems = [0x01021994, 0x858458f6]

/** What the run trades, and who. */
export interface VenuePlan {
  readonly instruments: ConfigurationFile['instruments']
  readonly participants: readonly {
    readonly name: string
    readonly sessions: readonly string[]
    /** Fields of the configuration. */
    readonly limits: Readonly<Record<string, number>>
  }[]
}

/** What an engine of a run needs on the disk. */
export class EngineFiles {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'tradefloor-bench-'))
  readonly configPath = path.join(this.folder, 'exchange.json')
  readonly dataFolder = path.join(this.folder, 'data')
  /** Every session of the plan. */
  readonly sessions: Credentials[] = []

  constructor(plan: VenuePlan) {
    const participants = plan.participants.map(({ name, sessions, limits }) => {
      const keys = sessions.map((session) => ({ name: session, publicKey: this.newKey(name, session) }))
      return { name, sessions: keys, ...limits }
    })
    const configuration: ConfigurationFile = { instruments: plan.instruments, participants }
    writeFileSync(this.configPath, JSON.stringify(configuration))
  }

  /** @throws Error if what is written here never reaches a disk */
  requireDisk(): void {
    if (!memoryFileSystems.includes(statfsSync(this.folder).type)) return
    throw new Error(`${os.tmpdir()} lies in memory; set TMPDIR to a folder on a disk to measure what is durable`)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Makes a session's key pair; returns the public key as the configuration has it. */
  private newKey(participant: string, session: string): string {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    this.sessions.push({ participant, session, privateKeyPem })
    return publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  }
}

export interface EngineStart {
  readonly logMode: 'sync' | 'memory'
  /** More options of its command line. */
  readonly options?: readonly string[]
  /** A script that is loaded into its process before it. */
  readonly preload?: URL
}

export class EngineProcess {
  readonly pid: number
  readonly port: number
  readonly child: ChildProcess
  private readonly files: EngineFiles

  private constructor(child: ChildProcess, port: number, files: EngineFiles) {
    this.child = child
    this.pid = child.pid as number
    this.port = port
    this.files = files
  }

  static async start(processes: Processes, files: EngineFiles, start: EngineStart): Promise<EngineProcess> {
    const { logMode, options = [], preload } = start
    const preloading = preload === undefined ? [] : ['--import', preload.href]
    const own = ['--port', '0', '--data', files.dataFolder, '--config', files.configPath, '--log-mode', logMode]
    const child = processes.start('the engine', 'server', [...preloading, program, ...own, ...options])
    const [message] = await once(child, 'message')
    return new EngineProcess(child, (message as { readonly port: number }).port, files)
  }

  /** Number of the last command that the engine has processed, by its own account. */
  async sequence(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.port}/health`)
    const { sequence } = (await response.json()) as { readonly sequence: number }
    return sequence
  }

  /** The lines of its log with this message, those of engines before it on the same data folder included. */
  logLines(message: string): Record<string, unknown>[] {
    const text = readFileSync(path.join(this.files.dataFolder, 'logs', 'engine.jsonl'), 'utf8')
    const lines = text.split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === message)
  }
}
