/** Puts away segments that no start needs to read any more. */
import { archiveFolder, segmentFiles } from './journal-reader.ts'
import type { JournalStorage } from './journal-storage.ts'
import { firstSequenceOf } from './segment-format.ts'

/** `archive`: they are moved into a folder beside the journal's, where readers still find them. */
export type RetirementPolicy = 'keep' | 'archive' | 'delete'

/**
 * Puts away the segments of which nothing comes after `before`, but never the last one. Oldest first, so that whatever
 * ends it, those that are left follow each other without a gap.
 */
export async function retireSegments(
  journal: JournalStorage,
  before: number,
  policy: Exclude<RetirementPolicy, 'keep'>,
): Promise<void> {
  const files = segmentFiles(journal)
  const old = files.filter(
    (_, index) => index + 1 < files.length && firstSequenceOf(files[index + 1].name) <= before + 1,
  )
  const archive = journal.beside(archiveFolder)
  if (policy === 'archive' && old.length > 0) archive.prepareFolder()
  for (const { storage, name } of old) {
    if (storage !== journal) continue
    if (policy === 'archive') {
      journal.moveBeside(name, archiveFolder)
      // First where it comes to be: not every file system makes both changes at once.
      await archive.syncFolderInBackground()
    } else await journal.removeInBackground(name)
    await journal.syncFolderInBackground()
  }
}
