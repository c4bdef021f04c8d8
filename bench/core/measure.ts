/** Runs one measurement in a thread of its own. */
import { Worker } from 'node:worker_threads'
import type { SuiteContext } from '../suite.ts'
import type { Answers, Job, Measurement } from './measurement.ts'

/** Less than a second a figure is a trial of the suite itself, which is to be over soon: on flows of a tenth. */
export function isTrial(context: SuiteContext): boolean {
  return context.seconds < 1
}

export async function measure<Kind extends Measurement['kind']>(
  context: SuiteContext,
  measurement: Measurement & { readonly kind: Kind },
): Promise<Answers[Kind]> {
  context.signal.throwIfAborted()
  const job: Job = { measurement, seconds: context.seconds, share: isTrial(context) ? 0.1 : 1 }
  const thread = new Worker(new URL('./measuring-thread.ts', import.meta.url), { workerData: job })
  const { promise, resolve, reject } = Promise.withResolvers<Answers[Kind]>()
  const stop = () => reject(context.signal.reason)
  thread.once('message', resolve)
  thread.once('error', reject)
  thread.once('exit', () => reject(new Error(`the measurement of ${measurement.kind} ended without an answer`)))
  context.signal.addEventListener('abort', stop)
  try {
    return await promise
  } finally {
    context.signal.removeEventListener('abort', stop)
    await thread.terminate()
  }
}
