/** For the checker's own test: evidence of a crash test that somebody has tampered with. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FileJournal } from '../../engine/log/file-journal.ts'
import { codecs } from '../../protocol/codec.ts'
import type { Message } from '../../protocol/messages.ts'
import { encodeEntry, parseEntries } from './client-record.ts'
import { JournalFiles, type LoggedCommand } from './journal-files.ts'

/** Changes what a client was told; `change` gets every message and gives those that take its place. */
export function changeTold(
  record: string,
  encoding: 'msgpack' | 'json',
  change: (message: Message) => readonly Message[],
): void {
  const codec = codecs[encoding]
  for (const name of readdirSync(record)) {
    const path = join(record, name)
    const entries = parseEntries(readFileSync(path)).map(({ kind, content }) => {
      if (kind !== 'received') return encodeEntry(kind, content)
      const frame = encoding === 'json' ? content.toString() : content
      return encodeEntry(kind, Buffer.from(codec.encode(...codec.decode(frame).flatMap(change))))
    })
    writeFileSync(path, Buffer.concat(entries))
  }
}

/** Writes a journal anew, whole and undamaged, with other commands in it. */
export async function changeLog(
  folder: string,
  archive: string,
  change: (commands: readonly LoggedCommand[]) => readonly LoggedCommand[],
): Promise<void> {
  const commands = change(new JournalFiles(folder, archive).read())
  for (const old of [folder, archive]) rmSync(old, { recursive: true, force: true })
  mkdirSync(folder)
  const journal = new FileJournal(folder, { mode: 'os', segmentBytes: 2 ** 22 })
  journal.replay(() => {})
  for (const [index, { timeUs, session, message, endsBatch }] of commands.entries()) {
    journal.append(index + 1, timeUs, session, message, 0, message.length)
    if (!endsBatch && index + 1 < commands.length) continue
    await new Promise<void>((resolve, reject) => journal.commit((error) => (error ? reject(error) : resolve())))
  }
  journal.close()
}
