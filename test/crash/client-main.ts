/** A client process of a crash test: some sessions, or market data, until it is killed or its parent is gone. */
import { join } from 'node:path'
import { RandomSource } from '../../bots/runtime/random.ts'
import type { ClientSetup } from './exchange.ts'
import { marketDataName, nameOf } from './exchange.ts'
import { RecordingListener } from './recording-listener.ts'
import { RecordingTrader } from './recording-trader.ts'

/** What a client process is told when it starts. */
export interface ClientJob {
  readonly setup: ClientSetup
  readonly url: string
  /** Holds a folder with the record of each session. */
  readonly records: string
  /** Key file by name of a session. */
  readonly keyFiles: Readonly<Record<string, string>>
  readonly seed: number
  readonly isNew: boolean
  readonly isPaused: boolean
}

/** What it is told while it runs: where the engine is now, whether to trade, and to ask for orders and positions. */
export type ToClient = { readonly type: 'engine'; readonly url: string } | { readonly type: 'pause' | 'resume' | 'ask' }

/** What it tells whenever it changes. */
export interface FromClient {
  /** All its connections are up. */
  readonly isLive: boolean
  /** All that it asked for is answered. */
  readonly isSettled: boolean
  /** How often it asked for orders and positions, and was answered. */
  readonly answerCount: number
}

const job = JSON.parse(process.argv[2]) as ClientJob
let { url } = job
let told = ''
let answerCount = 0

const traders = job.setup.sessions.map((session, index) => {
  const name = nameOf(session)
  return new RecordingTrader({
    ...session,
    keyFile: job.keyFiles[name],
    folder: join(job.records, name),
    random: new RandomSource(job.seed + index),
    url: () => url,
    isNew: job.isNew,
    onChange: tell,
  })
})
const listener = job.setup.marketData
  ? new RecordingListener(join(job.records, marketDataName), () => url, tell)
  : undefined
const all = listener === undefined ? traders : [...traders, listener]

function tell(): void {
  const isLive = all.every((one) => one.isLive)
  const isSettled = isLive && traders.every((trader) => trader.isSettled)
  const state: FromClient = { isLive, isSettled, answerCount }
  const text = JSON.stringify(state)
  if (text === told || !process.connected) return
  told = text
  process.send?.(state)
}

async function ask(): Promise<void> {
  await Promise.all(traders.map((trader) => trader.ask()))
  answerCount += 1
  tell()
}

process.on('message', (message: ToClient) => {
  if (message.type === 'engine') url = message.url
  else if (message.type === 'ask') void ask()
  else for (const trader of traders) trader[message.type]()
})
process.on('disconnect', () => process.exit(0))

if (job.isPaused) for (const trader of traders) trader.pause()
for (const one of all) void one.start()
