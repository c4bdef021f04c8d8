/** Applies a journal to a new exchange, through log and sequencer as an engine does when it starts. */
import '../../engine/compiler.ts'
import path from 'node:path'
import { systemClock } from '../../engine/clock.ts'
import { Exchange } from '../../engine/core/index.ts'
import { FileJournal } from '../../engine/log/file-journal.ts'
import { Sequencer } from '../../engine/sequencer.ts'
import type { Replayed } from './job.ts'

export function replayJournal(dataFolder: string): Replayed {
  const sequencer = new Sequencer({
    exchange: new Exchange(),
    log: new FileJournal(path.join(dataFolder, 'journal'), { mode: 'sync' }),
    clock: systemClock,
    release: () => {},
    onHalt: () => {},
  })
  const { commands, milliseconds, stateHash } = sequencer.recover()
  sequencer.close()
  return { commands, milliseconds, stateHash }
}
