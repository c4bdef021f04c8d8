/** Applies a journal to an exchange, through log and sequencer as an engine does when it starts. */
import '../../engine/compiler.ts'
import path from 'node:path'
import { systemClock } from '../../engine/clock.ts'
import { Exchange } from '../../engine/core/index.ts'
import { FileJournal, SnapshotStore } from '../../engine/log/index.ts'
import { FolderStorage } from '../../engine/log/journal-storage.ts'
import { restoreNewest } from '../../engine/restore.ts'
import { Sequencer } from '../../engine/sequencer.ts'
import type { Replayed } from './job.ts'

export function replayJournal(dataFolder: string, fromSnapshot: boolean): Replayed {
  const storage = new FolderStorage(path.join(dataFolder, 'journal'))
  const store = new SnapshotStore(new FolderStorage(path.join(dataFolder, 'snapshots')))
  const restored = fromSnapshot ? restoreNewest(store, storage) : undefined
  const exchange = restored?.exchange ?? new Exchange()
  const sequencer = new Sequencer({
    exchange,
    log: new FileJournal(storage, { mode: 'sync' }),
    clock: systemClock,
    release: () => {},
    onHalt: () => {},
  })
  const { commands, milliseconds } = sequencer.recover(restored?.position)
  const stateHash = exchange.stateHash()
  sequencer.close()
  return { commands, milliseconds, stateHash }
}
