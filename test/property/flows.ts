/** Kinds of order flow, and the crowds that send it. */
export interface Flow {
  /** One value in so many is one that no sensible client would send. */
  readonly wildOneIn: number
  /** Of ten orders, so many are priced away from the other side. */
  readonly passiveOutOfTen: number
  /** How often which kind of step comes. */
  readonly weights: Readonly<
    Record<'newOrder' | 'cancel' | 'replace' | 'quote' | 'time' | 'admin' | 'upheaval', number>
  >
  /** How many orders are stops and for auctions, beside 15 others; of twenty, how many icebergs and reduce-only. */
  readonly kinds: Readonly<Record<'stop' | 'auction' | 'iceberg' | 'reduceOnly', number>>
  /** Of ten instruments, so many have volatility bands, and so many a schedule. */
  readonly bandsOutOfTen: number
  readonly schedulesOutOfTen: number
}

const plainKinds = { stop: 1, auction: 1, iceberg: 1, reduceOnly: 1 }

export const flows = {
  /** Everything that can go wrong, in small books. */
  rough: {
    wildOneIn: 60,
    passiveOutOfTen: 2,
    weights: { newOrder: 100, cancel: 30, replace: 30, quote: 20, time: 8, admin: 6, upheaval: 12 },
    kinds: { stop: 4, auction: 2, iceberg: 4, reduceOnly: 3 },
    bandsOutOfTen: 2,
    schedulesOutOfTen: 2,
  },
  /** Books with hundreds of orders on many levels. */
  deep: {
    wildOneIn: 5_000,
    passiveOutOfTen: 9,
    weights: { newOrder: 2_000, cancel: 250, replace: 400, quote: 0, time: 0, admin: 0, upheaval: 1 },
    kinds: plainKinds,
    bandsOutOfTen: 0,
    schedulesOutOfTen: 0,
  },
  /** Phases come and go: auctions, schedules, halts. */
  auctions: {
    wildOneIn: 1_000,
    passiveOutOfTen: 3,
    weights: { newOrder: 100, cancel: 10, replace: 15, quote: 5, time: 6, admin: 8, upheaval: 2 },
    kinds: { stop: 3, auction: 8, iceberg: 5, reduceOnly: 2 },
    bandsOutOfTen: 6,
    schedulesOutOfTen: 6,
  },
  /** Market makers with protection, and orders that trade with them. */
  quotes: {
    wildOneIn: 500,
    passiveOutOfTen: 1,
    weights: { newOrder: 50, cancel: 5, replace: 5, quote: 60, time: 5, admin: 1, upheaval: 2 },
    kinds: plainKinds,
    bandsOutOfTen: 1,
    schedulesOutOfTen: 1,
  },
  /** Icebergs that refill, stops that trigger each other, reduce-only orders that no longer fit. */
  stops: {
    wildOneIn: 1_000,
    passiveOutOfTen: 5,
    weights: { newOrder: 100, cancel: 15, replace: 25, quote: 2, time: 2, admin: 1, upheaval: 1 },
    kinds: { stop: 10, auction: 0, iceberg: 12, reduceOnly: 6 },
    bandsOutOfTen: 2,
    schedulesOutOfTen: 0,
  },
} as const satisfies Record<string, Flow>

export type FlowName = keyof typeof flows

/** Who and what there is. */
export interface Crowd {
  /** The participant of each session. */
  readonly sessions: readonly number[]
  readonly instrumentCount: number
  /** The participant whose sessions may send the commands of an admin. */
  readonly admin: number
}

/** Participants 1 and 2 have two sessions, so that orders of one participant meet across sessions. */
export const fewTraders: Crowd = { sessions: [1, 1, 2, 2, 3, 4], instrumentCount: 3, admin: 4 }
/** More of everything than the exchange has memory for at first. */
export const manyTraders: Crowd = {
  sessions: Array.from({ length: 140 }, (_, index) => 1 + (index % 70)),
  instrumentCount: 20,
  admin: 70,
}
