/** What goes wrong in a simulation, and how often: drawn once per seed, so that seeds are of all kinds. */
import type { RandomSource } from '../../bots/runtime/random.ts'
import type { DiskConditions, Misreading } from './disk-access.ts'
import type { EngineSettings } from './engine-run.ts'
import type { NetworkConditions } from './network.ts'
import type { TraderSettings } from './trader.ts'

export interface Plan {
  readonly engine: EngineSettings
  readonly traders: readonly TraderSettings[]
  /** Mean time between two deeds of the client that speaks by hand; 0: there is none. */
  readonly rawEveryUs: number
  readonly hasWatcher: boolean
  /** How long things go wrong. */
  readonly troubleUs: number
  /** Mean time between two ends of the engine, of each kind; 0: none. */
  readonly killEveryUs: number
  readonly powerLossEveryUs: number
  readonly stopEveryUs: number
  /** So many first starts of the engine are in mode `os`, whatever those that follow are. */
  readonly startsWithoutSync: number
  /** Of so many starts one ends in the middle; 0: none. */
  readonly failedStartOneIn: number
  /** Of so many ends one comes in the middle of a call to the disk; the others between two. */
  readonly endsInCallOneIn: number
  /** Of so many starts one reads something wrong, or meets a disk that was damaged meanwhile; 0: none. */
  readonly misreadingOneIn: number
  readonly damageOneIn: number
  /** Mean time between two steps of the wall clock, and two moments at which the whole machine stands still; 0: none. */
  readonly clockStepEveryUs: number
  readonly standstillEveryUs: number
  /** Mean time between two spells of a slow, a full and a failing disk; 0: none. */
  readonly slowEveryUs: number
  readonly fullEveryUs: number
  readonly failingEveryUs: number
  /** Mean time between two moments at which a random connection is cut; 0: none. */
  readonly cutEveryUs: number
  readonly network: NetworkConditions
  /** Whether all is held against the naive exchange as well. */
  readonly isNaive: boolean
}

const naiveOneIn = 8

export const calmNetwork: NetworkConditions = {
  delayUs: [50, 400],
  stallOneIn: 0,
  cutOneIn: 0,
  silenceOneIn: 0,
  bytesCountAs: 1,
}

export const calmDisk: DiskConditions = { syncUs: [60, 120], writeErrorOneIn: 0, syncErrorOneIn: 0 }

export function drawPlan(random: RandomSource): Plan {
  const sometimes = (oneIn: number, value: () => number) => (random.integerBelow(oneIn) === 0 ? value() : 0)
  const seconds = (least: number, most: number) => (least + random.uniform() * (most - least)) * 1e6
  const isHectic = random.integerBelow(3) === 0
  const powerLossEveryUs = sometimes(2, () => seconds(0.5, 4))
  const failingEveryUs = sometimes(4, () => seconds(1, 5))
  const keepsWhatItHas = powerLossEveryUs === 0 && failingEveryUs === 0
  return {
    engine: {
      snapshotEvery: random.pick([0, 20, 40, 80]),
      oldSegments: random.pick(['keep', 'archive', 'delete']),
      ratePerSecond: random.pick([8, 1_000, 1_000]),
      segmentBytes: 4_096,
      logMode: keepsWhatItHas && random.integerBelow(2) === 0 ? 'os' : 'sync',
      streams: { chunkBytes: random.pick([512, 2_048]), retainedEvents: random.pick([40, 100, 100_000]) },
      logIdentity: identity(random),
    },
    traders: Array.from({ length: 4 }, () => drawTrader(random)),
    rawEveryUs: sometimes(2, () => seconds(0.05, 0.2)),
    hasWatcher: random.integerBelow(2) === 0,
    troubleUs: seconds(2.5, 8),
    killEveryUs: sometimes(2, () => seconds(0.5, 4)),
    powerLossEveryUs,
    stopEveryUs: sometimes(4, () => seconds(1, 6)),
    startsWithoutSync: failingEveryUs === 0 ? sometimes(4, () => 1 + random.integerBelow(3)) : 0,
    failedStartOneIn: sometimes(3, () => 2 + random.integerBelow(3)),
    endsInCallOneIn: 1 + random.integerBelow(3),
    misreadingOneIn: sometimes(6, () => 2 + random.integerBelow(3)),
    damageOneIn: sometimes(4, () => 1 + random.integerBelow(3)),
    clockStepEveryUs: sometimes(3, () => seconds(0.5, 3)),
    standstillEveryUs: sometimes(6, () => seconds(1, 4)),
    slowEveryUs: sometimes(3, () => seconds(0.5, 3)),
    fullEveryUs: sometimes(5, () => seconds(1, 5)),
    failingEveryUs,
    cutEveryUs: sometimes(3, () => seconds(0.2, 2)),
    network: {
      delayUs: random.pick([
        [20, 200],
        [100, 5_000],
        [1_000, 60_000],
      ] as const),
      stallOneIn: sometimes(3, () => 50 + random.integerBelow(200)),
      cutOneIn: sometimes(isHectic ? 1 : 3, () => 40 + random.integerBelow(400)),
      silenceOneIn: sometimes(3, () => 100 + random.integerBelow(400)),
      bytesCountAs: random.pick([1, 1, 500, 20_000]),
    },
    isNaive: random.integerBelow(naiveOneIn) === 0,
  }
}

/** Steps of an hour, forwards and backwards, and small ones backwards as time servers make them. */
export function drawClockStepUs(random: RandomSource): number {
  return random.pick([3_600_000_000, -3_600_000_000, -random.integerBelow(500_000), random.integerBelow(500_000)])
}

export function drawMisreading(random: RandomSource): Misreading {
  return random.pick(['flippedBit', 'otherSector', 'ioError'])
}

function drawTrader(random: RandomSource): TraderSettings {
  return {
    cancelOnDisconnect: random.integerBelow(2) === 0,
    heartbeatIntervalMs: random.pick([500, 1_000, 2_000]),
    encoding: random.integerBelow(8) === 0 ? 'json' : 'msgpack',
    requestEveryUs: (0.03 + random.uniform() * 0.3) * 1e6,
    upheavalOneIn: random.pick([0, 0, 15, 40]),
  }
}

function identity(random: RandomSource): string {
  return Array.from({ length: 4 }, () => random.uint32().toString(16).padStart(8, '0')).join('')
}
