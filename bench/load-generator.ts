/**
 * The load generator: a process of its own, so that its work is not taken for the server's. It does what the parent
 * process tells it over IPC, one job at a time, and ends when the parent does.
 */
import { performance } from 'node:perf_hooks'
import type { LoadConnection } from './load/connection.ts'
import { EchoConnection } from './load/echo-connection.ts'
import { EngineConnection } from './load/engine-connection.ts'
import type { Job, Reply, Target } from './load/job.ts'
import { runClosedLoop, runOpenLoop } from './load/loops.ts'
import { OrderStream } from './load/order-stream.ts'

let connections: LoadConnection[] = []
/** The first thing that went wrong; nothing measured after it counts. */
let failure: Error | undefined

process.on('message', (job: Job) => {
  perform(job).then(reply, fail)
})
process.on('disconnect', () => process.exit())
// Ctrl-C reaches the whole group of processes; the parent decides when this one ends.
process.on('SIGINT', () => {})
reply({ type: 'ready' })

async function perform(job: Job): Promise<Reply> {
  if (failure !== undefined) throw failure
  switch (job.type) {
    case 'connect':
      connections = await connect(job.target)
      return { type: 'connect' }
    case 'firstOrder':
      connections = await connect(job.target)
      return { type: 'firstOrder', acknowledgedAtMs: await orderOnce(connections[0]) }
    case 'closedLoop':
      return { type: 'closedLoop', result: await runClosedLoop(connections, job) }
    case 'openLoop':
      return { type: 'openLoop', result: await runOpenLoop(connections, job) }
  }
}

/** Opens all connections one after the other: a burst of logons is not what is to be measured. */
async function connect(target: Target): Promise<LoadConnection[]> {
  const count = target.kind === 'engine' ? target.sessions.length : target.connections
  const opened: LoadConnection[] = []
  for (let index = 0; index < count; index++) {
    await new Promise<void>((resolve) => {
      const stream = new OrderStream(index + 1, target)
      opened.push(
        target.kind === 'engine'
          ? new EngineConnection(target.port, target.sessions[index], stream, resolve, fail)
          : new EchoConnection(target.port, stream, resolve, fail),
      )
    })
  }
  return opened
}

/** Sends one order; resolves when it is acknowledged. */
function orderOnce(connection: LoadConnection): Promise<number> {
  return new Promise((resolve) => {
    connection.onAnswers = () => {
      const acknowledgedAtMs = performance.timeOrigin + performance.now()
      if (connection.accepted === 1) resolve(acknowledgedAtMs)
      else fail(new Error('the first order was not accepted'))
    }
    connection.queue(0)
    connection.flush()
  })
}

function reply(message: Reply): void {
  process.send?.(message)
}

/** Whatever goes wrong ends the run: a figure from a run with errors is none. */
function fail(error: Error): void {
  failure ??= error
  reply({ type: 'failed', message: error.message })
}
