/** What a suite is and what it hands back: figures for machines by name, and tables for people. */

export interface Figure {
  readonly value: number
  readonly unit: string
}

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  /** One cell per column, already formatted. */
  readonly rows: readonly (readonly string[])[]
}

export interface Report {
  /** How it was measured, in a line or two. */
  readonly method: readonly string[]
  readonly tables: readonly Table[]
  /** What a reader must know before using the figures. */
  readonly caveats: readonly string[]
  readonly results: Readonly<Record<string, Figure>>
  /** The same measurement of something else, in the same run. */
  readonly reference: Readonly<Record<string, Figure>>
  readonly ratios: Readonly<Record<string, number>>
}

export interface SuiteContext {
  /** Measuring time that was asked for, seconds; what it is the time of is up to the suite. */
  readonly seconds: number
  /** Says to people what is going on. */
  progress(text: string): void
  /** Aborted when the run is to stop: the suite ends its processes and rejects. */
  readonly signal: AbortSignal
}
