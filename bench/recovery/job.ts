/** What the suite has a process of its own do, one job each, and what it answers. */
import type { MixedFlowOptions } from '../core/mixed-flow.ts'

export type Job =
  /** Writes the journal of a flow, with so many commands to a batch, for an exchange that has nothing but its definitions. */
  | {
      readonly kind: 'write'
      readonly dataFolder: string
      readonly flow: MixedFlowOptions
      readonly batchCommands: number
    }
  /** Applies a journal to a new exchange, or what of it follows the newest snapshot to that one's. */
  | { readonly kind: 'replay'; readonly dataFolder: string; readonly fromSnapshot?: true }
  /** Reads the journal's files, and does nothing that depends on what they hold. */
  | { readonly kind: 'checksum'; readonly dataFolder: string }
  /** Makes text, and bytes, of so many orders in the ways that JavaScript has for that. */
  | { readonly kind: 'serialise'; readonly orderCount: number }

export interface WrittenJournal {
  readonly commands: number
  readonly openOrders: number
  readonly levelCount: number
  readonly stateHash: string
}

export interface Replayed {
  readonly commands: number
  readonly milliseconds: number
  readonly stateHash: string
}

export interface Checksummed {
  readonly bytes: number
  /** Reading the files and computing a CRC32 of what they hold. */
  readonly milliseconds: number
  /** Finding and checking every record of them, as a replay does. */
  readonly recordsMilliseconds: number
}

export interface Serialised {
  readonly jsonMilliseconds: number
  readonly jsonBytes: number
  readonly v8Milliseconds: number
  readonly v8Bytes: number
}

/** Answer by kind of job. */
export interface Answers {
  readonly write: WrittenJournal
  readonly replay: Replayed
  readonly checksum: Checksummed
  readonly serialise: Serialised
}
