/**
 * Where a commit should wait for the disk: in the event loop, in the thread pool, or in a worker. Each way writes and syncs
 * small batches into a file that is there already, with an idle event loop and with one that has other work; printed are
 * how long until a batch is durable, and how much of its time the loop had for other things meanwhile. Ways take turns.
 *
 *     npx node bench/disk-waits.ts [--delay-ms n]
 *
 * With a delay the disk behaves as if each sync took that much longer. engine/log/disk-pace.ts draws the conclusion.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { describeMachine } from './machine.ts'
import { formatNumber, formatReport } from './report.ts'
import { median, percentile } from './statistics.ts'

interface Batch {
  readonly bytes: number
  readonly position: number
}

type Way = (batch: Batch, done: () => void) => void

const fileBytes = 64 * 2 ** 20
const batchSizes = [104, 10_000]
const rounds = 5
/** Of each round; a slow disk gets fewer. */
const commits = 1_000
/** A piece of other work, about what a turn of the event loop with ten orders takes. */
const workUs = 20

const content = new Uint8Array(16_384).fill(0x55)
const sleeper = new Int32Array(new SharedArrayBuffer(4))

function writeAndSync(file: number, { bytes, position }: Batch, delayMs: number): void {
  fs.writeSync(file, content, 0, bytes, position)
  if (delayMs > 0) Atomics.wait(sleeper, 0, 0, delayMs)
  fs.fdatasyncSync(file)
}

function inThreadPool(file: number, delayMs: number): Way {
  return ({ bytes, position }, done) => {
    const sync = () => fs.fdatasync(file, done)
    fs.write(file, content, 0, bytes, position, () => (delayMs > 0 ? setTimeout(sync, delayMs) : sync()))
  }
}

function inWorker(file: number, delayMs: number): { readonly way: Way; readonly worker: Worker } {
  const worker = new Worker(import.meta.filename, { workerData: { file, delayMs } })
  let finish = () => {}
  worker.on('message', () => finish())
  const way: Way = (batch, done) => {
    finish = done
    worker.postMessage(batch)
  }
  return { way, worker }
}

/** Commits one batch after the other; says how long each took, and the share of the time that was left for other work. */
async function measure(way: Way, bytes: number, count: number, isBusy: boolean) {
  const latencyUs = new Float64Array(count)
  let workedUs = 0
  let goesOn = isBusy
  const work = () => {
    const end = performance.now() + workUs / 1_000
    while (performance.now() < end);
    workedUs += workUs
    if (goesOn) setImmediate(work)
  }
  if (isBusy) setImmediate(work)
  const before = performance.eventLoopUtilization()
  const begun = performance.now()
  for (let index = 0; index < count; index++) {
    const committed = performance.now()
    const batch = { bytes, position: (index * bytes) % (fileBytes - bytes) }
    await new Promise<void>((resolve) => way(batch, resolve))
    latencyUs[index] = (performance.now() - committed) * 1_000
    await new Promise((resolve) => setImmediate(resolve))
  }
  goesOn = false
  const elapsedUs = (performance.now() - begun) * 1_000
  const idleShare = 1 - performance.eventLoopUtilization(before).utilization
  return { latencyUs, freeShare: isBusy ? workedUs / elapsedUs : idleShare }
}

async function compare(delayMs: number): Promise<void> {
  const machine = describeMachine()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tradefloor-disk-waits-'))
  const file = fs.openSync(path.join(folder, 'file'), 'w+')
  fs.writeSync(file, new Uint8Array(fileBytes).fill(1))
  fs.fsyncSync(file)
  const { way, worker } = inWorker(file, delayMs)
  const ways: Record<string, Way> = {
    'event loop': (batch, done) => {
      writeAndSync(file, batch, delayMs)
      done()
    },
    'thread pool': inThreadPool(file, delayMs),
    worker: way,
  }
  const count = delayMs > 0 ? Math.max(5, Math.ceil(commits / (10 * delayMs))) : commits
  const rows: string[][] = []
  for (const bytes of batchSizes) {
    for (const isBusy of [false, true]) {
      const results: Record<string, Awaited<ReturnType<typeof measure>>[]> = {}
      for (let round = 0; round < rounds; round++) {
        for (const [name, each] of Object.entries(ways)) {
          results[name] ??= []
          results[name].push(await measure(each, bytes, count, isBusy))
        }
      }
      for (const [name, list] of Object.entries(results)) {
        const p50 = median(list.map(({ latencyUs }) => percentile(latencyUs, 0.5)))
        const p99 = median(list.map(({ latencyUs }) => percentile(latencyUs, 0.99)))
        const free = median(list.map(({ freeShare }) => freeShare))
        const figures = [p50, p99, 100 * free].map(formatNumber)
        rows.push([name, formatNumber(bytes), isBusy ? 'busy' : 'idle', ...figures])
      }
    }
  }
  await worker.terminate()
  fs.closeSync(file)
  fs.rmSync(folder, { recursive: true })
  const columns = ['waits in the', 'bytes', 'loop', 'p50 µs', 'p99 µs', 'loop free %']
  const title = delayMs > 0 ? `Until a batch is durable, syncs taking ${delayMs} ms more` : 'Until a batch is durable'
  const method = [`${rounds} rounds of ${count} commits each, one after the other; medians of the rounds.`]
  const empty = { results: {}, reference: {}, ratios: {} }
  console.log(
    formatReport('disk-waits', machine, { method, tables: [{ title, columns, rows }], caveats: [], ...empty }),
  )
}

if (isMainThread) {
  const { values } = parseArgs({ options: { 'delay-ms': { type: 'string', default: '0' } } })
  await compare(Number(values['delay-ms']))
} else {
  const { file, delayMs } = workerData as { readonly file: number; readonly delayMs: number }
  parentPort?.on('message', (batch: Batch) => {
    writeAndSync(file, batch, delayMs)
    parentPort?.postMessage(undefined)
  })
}
