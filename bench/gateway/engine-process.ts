/** The engine as a process of a run: a data folder of its own, participants with high limits, keys that only the run has. */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ConfigurationFile } from '../../engine/configuration.ts'
import type { Credentials } from '../load/job.ts'
import { fairPriceTicks } from '../load/order-stream.ts'
import type { Processes } from '../processes.ts'

const program = fileURLToPath(new URL('../../engine/main.ts', import.meta.url))

/** File system types, as `statfs` numbers them, that are memory under another name. */
const memoryFileSystems = [0x01021994, 0x858458f6]

const session = 'main'

/** Checked for every order, and never reached. */
const highLimits = {
  maxOrderQuantityLots: 1_000_000,
  maxPositionLots: 1_000_000_000,
  maxOpenOrders: 1_000_000,
  ordersPerSecond: 10_000_000,
} as const

/** What an engine of a run needs on the disk. */
export class EngineFiles {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'tradefloor-bench-'))
  readonly configPath = path.join(this.folder, 'exchange.json')
  readonly dataFolder = path.join(this.folder, 'data')
  /** One session per participant. */
  readonly sessions: Credentials[] = []

  constructor(participantCount: number) {
    const participants = Array.from({ length: participantCount }, (_, index) => {
      const name = `load-${index + 1}`
      const { publicKey, privateKey } = generateKeyPairSync('ed25519')
      const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
      this.sessions.push({ participant: name, session, privateKeyPem })
      const publicKeyText = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
      return { name, sessions: [{ name: session, publicKey: publicKeyText }], ...highLimits }
    })
    const tickSize = '0.01'
    const referencePrice = (fairPriceTicks / 100).toFixed(2)
    const instrument = {
      symbol: 'BENCH',
      tickSize,
      referencePrice,
      makerFeeBasisPoints: -0.2,
      takerFeeBasisPoints: 0.5,
    }
    const configuration: ConfigurationFile = { instruments: [instrument], participants }
    writeFileSync(this.configPath, JSON.stringify(configuration))
  }

  /** @throws Error if what is written here never reaches a disk */
  requireDisk(): void {
    if (!memoryFileSystems.includes(statfsSync(this.folder).type)) return
    throw new Error(`${os.tmpdir()} lies in memory; set TMPDIR to a folder on a disk to measure a durable log`)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export class EngineProcess {
  readonly pid: number
  readonly port: number

  private constructor(pid: number, port: number) {
    this.pid = pid
    this.port = port
  }

  static async start(processes: Processes, files: EngineFiles, durable: boolean): Promise<EngineProcess> {
    const logMode = durable ? 'sync' : 'memory'
    const options = ['--port', '0', '--data', files.dataFolder, '--config', files.configPath, '--log-mode', logMode]
    const child = processes.start('the engine', 'server', [program, ...options])
    const [message] = await once(child, 'message')
    return new EngineProcess(child.pid as number, (message as { readonly port: number }).port)
  }

  /** Number of the last command that the engine has processed, by its own account. */
  async sequence(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.port}/health`)
    const { sequence } = (await response.json()) as { readonly sequence: number }
    return sequence
  }
}
