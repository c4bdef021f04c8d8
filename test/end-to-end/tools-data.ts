/** A data folder with a story that a person can check, written by a real engine in two lives, for the tests of the tools. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { OutgoingMessage } from '../../protocol/messages.ts'
import { EngineProcess, runEngine } from '../support/engine-process.ts'
import { WireClient } from '../support/wire-client.ts'

/** Small, so that there are several. */
export const segmentBytes = 8_192
/** Orders that alpha leaves in the book, in each life, until it disconnects. */
export const restingOrders = 400

export function toolsEngine(...parameters: string[]): EngineProcess {
  return new EngineProcess({
    configuration: {
      instruments: [{ symbol: 'ACME', tickSize: '0.01', referencePrice: '100', takerFeeBasisPoints: 1 }],
      participants: [{ name: 'alpha', ordersPerSecond: 1_000_000 }, { name: 'beta' }],
    },
    parameters: ['--segment-size', segmentBytes.toString(), ...parameters],
  })
}

export function order(ref: number, fields: Partial<OutgoingMessage<'newOrder'>> = {}): OutgoingMessage<'newOrder'> {
  const terms = { orderType: 'limit', timeInForce: 'goodTillCancel', quantityLots: 10, priceTicks: 9_000 } as const
  return { type: 'newOrder', ref, instrument: 1, side: 'buy', ...terms, ...fields }
}

export class ToolsData {
  readonly engine = toolsEngine()
  /** The data folder as it was after the first life, and after the second. */
  readonly early = join(this.engine.folder, 'early')
  readonly whole = join(this.engine.folder, 'whole')
  /** Hash of the state at the end, in the engine's own words. */
  stateHash = ''
  private copies = 0

  async make(): Promise<void> {
    await this.engine.start()
    await this.trade()
    await this.engine.stop()
    cpSync(this.engine.dataFolder, this.early, { recursive: true })
    await this.engine.start()
    await this.rest(1_001)
    await this.engine.stop()
    cpSync(this.engine.dataFolder, this.whole, { recursive: true })
    await this.engine.start()
    this.stateHash = /state ([0-9a-f]{16})/.exec(this.engine.output)?.[1] ?? ''
  }

  /** A copy of the whole that a test may damage. */
  copy(): string {
    this.copies++
    const copy = join(this.engine.folder, `copy-${this.copies}`)
    cpSync(this.whole, copy, { recursive: true })
    return copy
  }

  /** beta buys 4 of alpha's 10, and is rejected once; an order of alpha's expires; and alpha leaves the rest to rest. */
  private async trade(): Promise<void> {
    const { client: alpha } = await WireClient.logOn(this.engine.url, this.engine.dataFolder, 'alpha')
    const { client: beta } = await WireClient.logOn(this.engine.url, this.engine.dataFolder, 'beta')
    alpha.send(order(1, { side: 'sell', priceTicks: 10_000 }))
    await alpha.next('accepted')
    beta.send(
      order(1, { quantityLots: 4, priceTicks: 10_000, timeInForce: 'immediateOrCancel' }),
      order(2, { quantityLots: 0 }),
    )
    await beta.next('rejected')
    alpha.send(order(2, { timeInForce: 'goodTillDate', expireTimeUs: (Date.now() + 100) * 1_000 }))
    await alpha.next('expired')
    await beta.close()
    await alpha.close()
    await this.rest(3)
  }

  private async rest(firstRef: number): Promise<void> {
    const { client } = await WireClient.logOn(this.engine.url, this.engine.dataFolder, 'alpha')
    for (let ref = firstRef; ref < firstRef + restingOrders; ref += 50) {
      client.send(...Array.from({ length: 50 }, (_, index) => order(ref + index)))
      await client.nextOf('accepted', 50)
    }
    await client.close()
  }
}

/** Runs a tool on a data folder. */
export const tool = (folder: string, ...parameters: string[]) => runEngine(...parameters, '--data', folder)

/** What a tool that went well printed. */
export async function printed(folder: string, ...parameters: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await tool(folder, ...parameters)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return stdout
}

export const lastLine = (text: string) => text.trimEnd().split('\n').at(-1)!

/** Names of the files of a kind, in order. */
export const files = (folder: string, kind: 'journal' | 'snapshots') => readdirSync(join(folder, kind)).sort()

export function flipBit(file: string, offset: number): void {
  const bytes = readFileSync(file)
  bytes[offset] ^= 1
  writeFileSync(file, bytes)
}
