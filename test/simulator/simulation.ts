/**
 * One simulation: an engine and its clients on a virtual clock, with all that goes wrong around them, from one seed. The same
 * seed gives the same simulation, event by event, on any machine. First there is trouble, then it ends, everything comes
 * back, and everything that was asked for has to be answered.
 */
import { RandomSource } from '../../bots/runtime/random.ts'
import { LogCorruptError } from '../../engine/log/command-log.ts'
import { ClientSession } from '../../protocol/client/index.ts'
import { type Damage, damageSomething } from './damage.ts'
import { type PowerLoss, SimulatedDisk } from './disk.ts'
import { DiskAccess, type DiskConditions } from './disk-access.ts'
import { type EngineParts, EngineRun, type EngineSettings, realEngineParts } from './engine-run.ts'
import { sessions } from './exchange-setup.ts'
import { calmDisk, calmNetwork, drawClockStepUs, drawMisreading, drawPlan, type Plan } from './faults.ts'
import { checkAtTheEnd } from './final-checks.ts'
import { MarketWatcher } from './market-watcher.ts'
import { Listener, type NetworkConditions, SimulatedNetwork } from './network.ts'
import { Oracle, type Violation } from './oracle.ts'
import { RawClient } from './raw-client.ts'
import { Trace } from './trace.ts'
import { type MakeSession, Trader, type World } from './trader.ts'
import { VirtualProcess } from './virtual-process.ts'
import { VirtualTime } from './virtual-time.ts'

export interface SimulationOptions {
  /** Keeps the lines of the trace. */
  readonly keepsTrace?: boolean
  /** Parts that stand in for real ones. */
  readonly parts?: Partial<EngineParts>
  readonly makeSession?: MakeSession
  /** Makes another plan of the one that the seed gives. */
  readonly change?: (plan: Plan) => Plan
}

export interface SimulationResult {
  readonly seed: number
  readonly violation: Violation | undefined
  /** Equal in every run of the seed. */
  readonly traceHash: string
  readonly trace: readonly string[]
  /** Commands in the log at the end. */
  readonly commands: number
  readonly events: number
  /** Starts of the engine, those that failed included. */
  readonly starts: number
  readonly virtualUs: number
}

const longestDowntimeUs = 600_000
const settlingUs = 90_000_000
const quietUs = 250_000
const longestSpellUs = 2_000_000
const longestStandstillUs = 4_000_000
const slowSyncUs = [50_000, 500_000] as const

export function simulate(seed: number, options: SimulationOptions = {}): Promise<SimulationResult> {
  return new Simulation(seed, options).run()
}

class Simulation {
  private readonly seed: number
  private readonly random: RandomSource
  private readonly plan: Plan
  private readonly time: VirtualTime
  private readonly trace: Trace
  private readonly oracle: Oracle
  private readonly disk = new SimulatedDisk()
  private readonly diskConditions: Mutable<DiskConditions> = { ...calmDisk }
  private readonly networkConditions: Mutable<NetworkConditions>
  private readonly network: SimulatedNetwork
  private readonly wall = { offsetUs: 0 }
  private readonly parts: EngineParts
  private readonly world: World
  private engine: EngineRun | undefined
  private damage: Damage | undefined
  private starts = 0
  /** Whether what is acknowledged survives a loss of power. */
  private isLogDurable = true
  /** Whether parts of the log may be gone, on purpose. */
  private mayHaveDeleted = false
  private inTrouble = true

  constructor(seed: number, { keepsTrace = false, parts, makeSession, change }: SimulationOptions) {
    this.seed = seed
    this.random = new RandomSource(seed)
    const plan = drawPlan(this.random)
    this.plan = change?.(plan) ?? plan
    this.time = new VirtualTime((error) => this.oracle.faulted('uncaught', error))
    this.trace = new Trace(this.time, keepsTrace)
    this.oracle = new Oracle(this.time, this.trace)
    this.networkConditions = { ...this.plan.network }
    const { random, time, trace, oracle, wall } = this
    this.network = new SimulatedNetwork(
      time,
      new RandomSource(random.uint32()),
      this.networkConditions,
      trace,
      oracle.audit,
    )
    this.parts = { ...realEngineParts, ...parts }
    this.world = {
      ...{ time, wall, oracle, trace, network: this.network, random: new RandomSource(random.uint32()) },
      retainedEvents: this.plan.engine.streams.retainedEvents,
      makeSession: makeSession ?? ((sessionOptions, handlers) => new ClientSession(sessionOptions, handlers)),
    }
  }

  async run(): Promise<SimulationResult> {
    const { time, oracle, plan } = this
    const traders = sessions
      .filter(({ participantName }) => participantName !== 'gamma')
      .map((identity, index) => new Trader(this.world, identity, plan.traders[index]))
    const gamma = sessions.find(({ participantName }) => participantName === 'gamma')!
    const raw = plan.rawEveryUs > 0 ? new RawClient(this.world, gamma, plan.rawEveryUs) : undefined
    const watcher = plan.hasWatcher ? new MarketWatcher(this.world) : undefined
    this.start()
    this.planTrouble()
    const isBroken = () => {
      this.buryEngine()
      return oracle.violation !== undefined
    }
    await time.run(isBroken, plan.troubleUs)
    this.endTrouble()
    for (const trader of traders) trader.settle()
    raw?.settle()
    await this.settle(
      isBroken,
      [...traders, raw, watcher].filter((actor) => actor !== undefined),
    )
    await this.finish(isBroken)
    return this.result()
  }

  /** Waits until everybody is back, has all answers and knows all that there is to know. */
  private async settle(
    isBroken: () => boolean,
    actors: readonly (Trader | RawClient | MarketWatcher)[],
  ): Promise<void> {
    const { oracle, time } = this
    const untilUs = time.nowUs + settlingUs
    while (!isBroken()) {
      await time.run(isBroken, time.nowUs + quietUs)
      if (isBroken()) return
      oracle.advance()
      const isBack = this.engine?.isUpToDate && actors.every((actor) => actor.isSettled)
      if (isBack && actors.every((actor) => actor.whatIsMissing() === undefined)) break
      if (time.nowUs < untilUs) continue
      const missing = actors.map((actor) => (actor.isSettled ? actor.whatIsMissing() : actor.describe()))
      const text =
        missing.filter((one) => one !== undefined).join('; ') || 'the engine is down, or does not do what is due'
      oracle.violated('liveness', `after ${settlingUs / 1e6} s without trouble: ${text}`)
    }
    if (isBroken()) return
    oracle.checkSent()
    for (const actor of actors) actor.finish()
  }

  /** All is quiet: the engine dies, with its machine if it may, and what is left must be all that there was. */
  private async finish(isBroken: () => boolean): Promise<void> {
    const { oracle, time } = this
    if (isBroken()) return
    this.losePower()
    await time.run(() => isBroken() || this.engine !== undefined, time.nowUs + settlingUs)
    if (isBroken()) return
    if (this.engine === undefined) oracle.violated('liveness', 'the engine did not come back')
    else checkAtTheEnd(oracle, this.disk, this.plan, this.mayHaveDeleted)
  }

  private result(): SimulationResult {
    const { seed, oracle, trace, starts, time } = this
    let events = 0
    for (const { session } of sessions) events += oracle.reference.ledger(session).loggedCount
    return {
      ...{ seed, violation: oracle.violation, traceHash: trace.hash, trace: trace.lines, starts, events },
      commands: oracle.records.length,
      virtualUs: time.nowUs,
    }
  }

  // ── the engine's lives ────────────────────────────────────────────────────────────────────────────────────────────

  private start(): void {
    const { time, random, trace, oracle } = this
    this.starts += 1
    const process = new VirtualProcess(time, new RandomSource(random.uint32()), this.wall)
    const access = new DiskAccess(
      this.disk,
      this.diskConditions,
      process,
      time,
      new RandomSource(random.uint32()),
      trace,
    )
    this.spoilStart(access)
    const listener = new Listener(process, oracle.audit)
    const { parts } = this
    trace.note('engine', 'starts', this.starts)
    try {
      const options = { process, access, listener, random: new RandomSource(random.uint32()), oracle, parts }
      const isDiskDamaged = this.damage !== undefined
      const engine = new EngineRun({ ...options, settings: this.settings(), isDiskDamaged })
      engine.open()
      this.engine = engine
      this.isLogDurable = engine.logMode === 'sync'
      this.network.listener = listener
      access.misreading = undefined
      access.spare()
    } catch (error) {
      if (process.isAlive) this.judgeRefusal(error, access)
      process.kill()
      access.endCalls()
      this.restart()
    }
    this.repairDamage()
  }

  /** Mostly those of the plan, but an engine may be started with others than before. */
  private settings(): EngineSettings {
    const { random, plan } = this
    const engine = this.starts > plan.startsWithoutSync ? plan.engine : { ...plan.engine, logMode: 'os' as const }
    // Until the first engine has opened the log that makes it durable.
    this.isLogDurable &&= engine.logMode === 'sync'
    const oldSegments =
      random.integerBelow(4) === 0 ? random.pick(['keep', 'archive', 'delete'] as const) : engine.oldSegments
    if (oldSegments === 'delete') this.mayHaveDeleted = true
    return { ...engine, oldSegments, segmentBytes: random.integerBelow(4) === 0 ? 8_192 : engine.segmentBytes }
  }

  private spoilStart(access: DiskAccess): void {
    const { random, plan } = this
    if (!this.inTrouble) return
    if (this.strikes(plan.failedStartOneIn)) access.callsToLive = random.integerBelow(40)
    if (!this.strikes(plan.misreadingOneIn)) return
    access.misreading = drawMisreading(random)
    access.readsToMisread = random.integerBelow(8)
  }

  /** The engine may only refuse to start if the disk gave it a reason. */
  private judgeRefusal(error: unknown, access: DiskAccess): void {
    const { oracle, trace } = this
    const { name, message } = error as Error
    trace.note('engine', 'refuses', 0, 0, `${name}: ${message}`)
    if (access.faults.length > 0) return
    if (error instanceof LogCorruptError && this.isLogBeyondRepair()) return
    oracle.violated(
      'availability',
      `the engine refused to start without a reason: ${error instanceof Error ? error.stack : error}`,
    )
  }

  /** One snapshot may be damaged, there is another; both may be as long as the log is there from the beginning. */
  private isLogBeyondRepair(): boolean {
    const { damage } = this
    if (damage === undefined) return false
    return damage.folder !== 'snapshots' || (damage.isOfTwo && this.mayHaveDeleted)
  }

  /**
   * Puts back what was there before. But what an engine could do without, because nothing of it was acknowledged, it has
   * gone on without: a file of the log that comes back then would be of a course that the log did not take.
   */
  private repairDamage(): void {
    const { damage, engine } = this
    const isPassed =
      engine !== undefined &&
      damage?.folder === 'journal' &&
      Number.parseInt(damage.path.slice('journal/'.length), 10) > engine.log.position.sequence
    if (!isPassed) damage?.undo()
    this.damage = undefined
  }

  private restart(): void {
    this.time.after(this.random.integerBelow(longestDowntimeUs), () => {
      if (this.engine === undefined) this.start()
    })
  }

  /** A process that was killed in the middle of something is gone. */
  private buryEngine(): void {
    const { engine } = this
    if (engine === undefined || engine.process.isAlive) return
    this.engineEnds(engine, false)
  }

  private engineEnds(engine: EngineRun, withMachine: boolean): void {
    this.trace.note('engine', withMachine ? 'loses power' : 'is gone')
    engine.process.kill()
    engine.access.endCalls()
    this.network.engineDied(engine.listener, withMachine)
    this.engine = undefined
    this.restart()
  }

  private kill(): void {
    const { engine, random } = this
    if (engine === undefined) return
    if (!this.strikes(this.plan.endsInCallOneIn)) this.engineEnds(engine, false)
    else if (random.integerBelow(3) === 0) engine.access.nameCallsToLive = random.integerBelow(6)
    else engine.access.callsToLive = random.integerBelow(10)
  }

  private losePower(): void {
    const { random, engine } = this
    if (engine !== undefined) this.engineEnds(engine, this.isLogDurable)
    if (!this.isLogDurable) return
    const loss: PowerLoss = {
      unitBytes: random.pick([8, 512, 4_096]),
      survival: random.pick([0, 0.5, random.uniform(), 1]),
      namesInOrder: random.integerBelow(2) === 0,
    }
    this.trace.note('disk', 'power loss', loss.unitBytes, Math.round(loss.survival * 1e6))
    this.disk.losePower(random, loss)
    if (!this.inTrouble || this.damage !== undefined || !this.strikes(this.plan.damageOneIn)) return
    this.damage = damageSomething(this.disk, random)
    if (this.damage !== undefined) this.trace.note('disk', 'damage', 0, 0, `${this.damage.what}: ${this.damage.path}`)
  }

  private stop(): void {
    const { engine } = this
    if (engine === undefined || engine.isStopping) return
    this.trace.note('engine', 'is stopped')
    void engine.stop(() => {
      if (this.engine === engine) this.engineEnds(engine, false)
    })
  }

  /** Somebody has to start an engine again that has stopped taking orders. */
  private attend(): void {
    const { engine, random } = this
    if (engine === undefined || engine.sequencer.state !== 'halted') return
    if (random.integerBelow(2) === 0) this.stop()
    else this.engineEnds(engine, false)
  }

  // ── trouble ───────────────────────────────────────────────────────────────────────────────────────────────────────

  private planTrouble(): void {
    const { plan, random, wall, trace, diskConditions } = this
    this.again(plan.killEveryUs, () => this.kill())
    this.again(plan.powerLossEveryUs, () => this.losePower())
    this.again(plan.stopEveryUs, () => this.stop())
    this.time.every(500_000, () => this.attend())
    this.again(plan.clockStepEveryUs, () => {
      wall.offsetUs += drawClockStepUs(random)
      trace.note('clock', 'steps', wall.offsetUs)
    })
    this.again(plan.standstillEveryUs, () => {
      const standstillUs = random.integerBelow(longestStandstillUs)
      trace.note('clock', 'stands still', standstillUs)
      this.time.spend(standstillUs)
    })
    this.again(plan.cutEveryUs, () => {
      const wires = [...this.network.wires]
      if (wires.length > 0) random.pick(wires).cut()
    })
    this.spells(plan.slowEveryUs, 'slow', (begins) => {
      diskConditions.syncUs = begins ? slowSyncUs : calmDisk.syncUs
    })
    this.spells(plan.fullEveryUs, 'full', (begins) => {
      this.disk.isFull = begins
    })
    this.spells(plan.failingEveryUs, 'failing', (begins) => {
      diskConditions.writeErrorOneIn = begins ? 10 + random.integerBelow(60) : 0
      diskConditions.syncErrorOneIn = begins ? 10 + random.integerBelow(60) : 0
    })
  }

  private endTrouble(): void {
    this.inTrouble = false
    this.trace.note('all', 'trouble ends')
    Object.assign(this.diskConditions, calmDisk)
    Object.assign(this.networkConditions, calmNetwork)
    this.disk.isFull = false
    this.engine?.access.spare()
  }

  /** Does something now and then, this long apart on average, as long as there is trouble. */
  private again(everyUs: number, action: () => void): void {
    if (everyUs === 0) return
    this.time.after(this.random.exponential(everyUs), () => {
      if (!this.inTrouble) return
      action()
      this.again(everyUs, action)
    })
  }

  private spells(everyUs: number, name: string, change: (begins: boolean) => void): void {
    this.again(everyUs, () => {
      this.trace.note('disk', `is ${name}`)
      change(true)
      this.time.after(this.random.integerBelow(longestSpellUs), () => change(false))
    })
  }

  private strikes(oneIn: number): boolean {
    return oneIn > 0 && this.random.integerBelow(oneIn) === 0
  }
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }
