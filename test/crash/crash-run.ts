/**
 * A crash test: an engine and its clients, all of them processes, under load; again and again some of them are killed and
 * started again, and after each kill the checker looks at everything that there is.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RandomSource } from '../../bots/runtime/random.ts'
import { EngineProcess } from '../support/engine-process.ts'
import { Audit } from './audit.ts'
import { ClientProcess } from './client-process.ts'
import { type ClientSetup, clientSetups, configuration, nameOf } from './exchange.ts'
import type { Violation } from './violations.ts'

export interface CrashRunOptions {
  readonly kills: number
  readonly seed: number
  /** Called after every kill. */
  readonly onKill?: (kills: number) => void
  /** Aborted when the run is to stop. */
  readonly signal?: AbortSignal
}

export type KillKind = 'engine' | 'clients' | 'both' | 'startUp' | 'snapshot'

export interface CrashReport {
  readonly kills: Readonly<Record<KillKind, number>>
  readonly commands: number
  /** Events and market data messages that were held against the log. */
  readonly checked: number
  /** Hashes of the engine that were held against those of the log. */
  readonly hashes: number
  /** From the start of an engine process until it took connections. */
  readonly restartsMs: readonly number[]
  readonly violations: readonly Violation[]
}

/** Segments so small and snapshots so frequent that a kill often comes while one is begun, put away or taken. */
const engineParameters = ['--segment-size', '65536', '--snapshot-every', '3000', '--old-segments', 'archive']
/** Between two kills: long enough for some thousand commands, and never the same. */
const shortestLoadMs = 30
const longestLoadMs = 300
/** What is killed, beside an engine that starts. `snapshot`: the engine while it takes one. */
const strikes = ['engine', 'engine', 'clients', 'clients', 'both', 'both', 'snapshot'] as const
const longestSnapshotMs = 15
const killsPerQuietMoment = 20
/** Nothing here takes so long unless it will never happen. */
const longestWaitMs = 60_000
const pollMs = 2

export class CrashRun {
  /** Where everything is: the engine's data, the clients' records. */
  readonly folder: string
  private readonly options: CrashRunOptions
  private readonly random: RandomSource
  private readonly engine = new EngineProcess({ configuration, parameters: engineParameters })
  private readonly records: string
  private readonly audit: Audit
  private readonly clients: readonly { readonly setup: ClientSetup; readonly process: ClientProcess }[]
  private readonly kills: Record<KillKind, number> = { engine: 0, clients: 0, both: 0, startUp: 0, snapshot: 0 }
  private readonly restartsMs: number[] = []
  private startMs = 300
  private clientStarts = 0
  private isPaused = false

  constructor(options: CrashRunOptions) {
    this.options = options
    this.random = new RandomSource(options.seed)
    this.folder = this.engine.folder
    this.records = join(this.folder, 'records')
    this.clients = clientSetups.map((setup) => ({ setup, process: new ClientProcess() }))
    this.audit = new Audit({
      journal: [join(this.engine.dataFolder, 'journal'), join(this.engine.dataFolder, 'archive')],
      records: this.records,
      sessions: clientSetups.flatMap(({ sessions }) => sessions),
    })
  }

  /** Ends at the first violations. @throws Error if something did not go on; the processes run until `end` or `clean` */
  async run(): Promise<void> {
    await this.engine.start()
    for (const client of this.clients) this.startClient(client, true)
    await this.allLive()
    while (this.killCount < this.options.kills && this.audit.violations.length === 0) {
      this.options.signal?.throwIfAborted()
      await sleepExactly(shortestLoadMs + this.random.uniform() * (longestLoadMs - shortestLoadMs))
      const before = this.killCount
      await this.strike(this.random.pick(strikes))
      this.options.onKill?.(this.killCount)
      const isQuietDue = Math.floor(before / killsPerQuietMoment) < Math.floor(this.killCount / killsPerQuietMoment)
      if (isQuietDue || this.killCount >= this.options.kills) await this.lookAtQuietMoment()
    }
  }

  get violations(): readonly Violation[] {
    return this.audit.violations
  }

  report(): CrashReport {
    const { commandCount, checkedCount, hashCount, violations } = this.audit
    const { kills, restartsMs } = this
    return { kills, commands: commandCount, checked: checkedCount, hashes: hashCount, restartsMs, violations }
  }

  /** Kills what still runs. */
  async end(): Promise<void> {
    await Promise.all([this.engine.kill(), ...this.clients.map((client) => client.process.kill())])
  }

  /** Kills what still runs, and removes all that was written. */
  async clean(): Promise<void> {
    await this.end()
    await this.engine.clean()
  }

  private get killCount(): number {
    return Object.values(this.kills).reduce((sum, count) => sum + count, 0)
  }

  private async strike(kind: (typeof strikes)[number]): Promise<void> {
    const victims = kind === 'clients' || kind === 'both' ? this.drawClients() : []
    if (kind === 'snapshot') {
      process.kill(this.engine.pid, 'SIGUSR2')
      await sleepExactly(this.random.uniform() * longestSnapshotMs)
    }
    this.checkAlive()
    const deaths = victims.map(({ process }) => process.kill())
    if (kind !== 'clients') deaths.push(this.engine.kill())
    await Promise.all(deaths)
    this.kills[kind] += 1
    if (kind === 'clients') this.audit.gather()
    for (const client of victims) this.startClient(client, this.random.integerBelow(3) === 0)
    if (kind === 'clients') await this.audit.examine()
    else await this.restartEngine()
    // Now and then the next kill comes before everyone is back.
    if (this.random.integerBelow(5) === 0) return
    await this.allLive()
    await this.expectLiveHash()
  }

  /** Nobody ends but by being killed. */
  private checkAlive(): void {
    const dead = this.clients.find(({ process }) => process.hasEnded)
    if (dead !== undefined) throw new Error(`client ${dead.setup.name} ended by itself.\n${this.states()}`)
    try {
      process.kill(this.engine.pid, 0)
    } catch {
      throw new Error(`the engine ended by itself.\n${this.states()}`)
    }
  }

  private drawClients() {
    const victims = this.clients.filter(() => this.random.integerBelow(2) === 0)
    return victims.length === 0 ? [this.random.pick(this.clients)] : victims
  }

  private async restartEngine(): Promise<void> {
    for (;;) {
      this.audit.gather()
      const beganMs = performance.now()
      const starting = this.engine.start()
      const examining = this.audit.examine()
      let isStarting = true
      // What is wrong with them is heard of when they are awaited.
      examining.catch(() => {})
      starting.catch(() => {
        isStarting = false
      })
      if (this.killCount < this.options.kills && this.random.integerBelow(5) === 0) {
        await sleepExactly(this.random.uniform() * this.startMs)
        if (!isStarting) await starting
        await this.engine.kill()
        await examining
        this.kills.startUp += 1
        continue
      }
      await starting
      this.startMs = performance.now() - beganMs
      this.restartsMs.push(this.startMs)
      await examining
      break
    }
    const { url, output } = this.engine
    for (const { process } of this.clients) process.tell({ type: 'engine', url })
    const [, hash] = /state ([0-9a-f]+)/.exec(output) ?? []
    this.audit.expectHash(this.audit.replay.sequence, hash, 'the recovered state')
  }

  /** What the engine says of its state while it runs. */
  private async expectLiveHash(): Promise<void> {
    const { sequence, stateHash } = (await this.engine.health('?hash=1')) as { sequence?: number; stateHash?: string }
    if (sequence === undefined || stateHash === undefined) throw new Error('the engine did not tell its hash')
    if (sequence >= this.audit.replay.sequence) this.audit.expectHash(sequence, stateHash, 'the live state')
  }

  private startClient({ setup, process }: { setup: ClientSetup; process: ClientProcess }, isNew: boolean): void {
    this.clientStarts += 1
    const keyFiles = Object.fromEntries(
      setup.sessions.map((one) => [nameOf(one), this.engine.keyFile(one.participant, one.session)]),
    )
    const seed = this.options.seed * 1_000 + this.clientStarts * 10
    const { records, isPaused } = this
    process.start({ setup, url: this.engine.url, records, keyFiles, seed, isNew, isPaused })
  }

  private allLive(): Promise<void> {
    return this.until('every client to be live', () => this.clients.every(({ process }) => process.state.isLive))
  }

  /** Lets everything come to an end that is under way: then every client knows all that the log comes to. */
  private async lookAtQuietMoment(): Promise<void> {
    this.isPaused = true
    for (const { process } of this.clients) process.tell({ type: 'pause' })
    const isSettled = () => this.clients.every(({ process }) => process.state.isSettled)
    await this.until('every request to be answered', isSettled)
    const endMs = performance.now() + longestWaitMs
    do {
      await this.expectLiveHash()
      this.audit.gather()
      await this.audit.examine()
    } while (!this.audit.isComplete && performance.now() < endMs)
    this.audit.checkComplete()
    await this.lookAtAnswers()
    this.audit.checkPast()
    this.isPaused = false
    for (const { process } of this.clients) process.tell({ type: 'resume' })
  }

  /** Lets every client ask for its orders and positions, once more if time brought something meanwhile. */
  private async lookAtAnswers(): Promise<void> {
    for (;;) {
      const { sequence } = this.audit.replay
      const answered = this.clients.map(({ process }) => process.state.answerCount + 1)
      this.audit.beginAnswers()
      for (const { process } of this.clients) process.tell({ type: 'ask' })
      const areAnswered = () => this.clients.every(({ process }, index) => process.state.answerCount >= answered[index])
      await this.until('answers about orders and positions', areAnswered)
      this.audit.gather()
      await this.audit.examine()
      if (this.audit.replay.sequence !== sequence) continue
      this.audit.checkAnswers()
      return
    }
  }

  private async until(what: string, condition: () => boolean): Promise<void> {
    const endMs = performance.now() + longestWaitMs
    while (!condition()) {
      this.options.signal?.throwIfAborted()
      if (performance.now() > endMs) throw new Error(`waited in vain for ${what}.\n${this.states()}`)
      await sleep(pollMs)
    }
  }

  /** How everything is, for someone who wants to know why it does not go on. */
  private states(): string {
    const clients = this.clients.map(({ setup, process }) => {
      return `${setup.name}: ${JSON.stringify(process.state)} ${process.errors}`
    })
    return [`engine: ${this.engine.output}`, ...clients].join('\n')
  }
}

/** Timers count milliseconds; a kill may come at any microsecond. */
async function sleepExactly(ms: number): Promise<void> {
  await sleep(ms)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms % 1)
}
