/** Has one job done in a process of its own. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Processes } from '../processes.ts'
import type { Answers, Job } from './job.ts'

const script = fileURLToPath(new URL('./worker.ts', import.meta.url))

export async function perform<Kind extends Job['kind']>(
  processes: Processes,
  job: Job & { readonly kind: Kind },
): Promise<Answers[Kind]> {
  const child = processes.start(`the process of the job "${job.kind}"`, 'server', [script])
  const answered = once(child, 'message')
  child.send(job)
  const [answer] = (await answered) as [Answers[Kind]]
  await processes.end(child)
  return answer
}
