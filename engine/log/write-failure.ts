/** Puts a failed system call into words: what happened, where, and what the operator can do. */
import { LogWriteError } from './command-log.ts'

const causes: Record<string, { readonly what: string; readonly action: string }> = {
  ENOSPC: { what: 'the disk is full', action: 'Free space on it' },
  EDQUOT: { what: 'the disk quota is used up', action: 'Free space or raise the quota' },
  EFBIG: { what: 'the file would be too large', action: 'Raise the file size limit' },
  EIO: {
    what: 'the disk reported an I/O error',
    action: 'Check the disk; if it is not sound, copy the folder to one that is',
  },
  EROFS: { what: 'the file system is read-only', action: 'Make it writable or choose another data folder' },
  EACCES: {
    what: 'permission denied',
    action: 'Make the folder writable for this user or choose another data folder',
  },
  EPERM: { what: 'not permitted', action: 'Make the folder writable for this user or choose another data folder' },
  ENOENT: { what: 'it is not there', action: 'Check the data folder, which must not be moved while the engine runs' },
  ENOTDIR: { what: 'part of the path is not a folder', action: 'Choose another data folder' },
  EEXIST: { what: 'a file is in the place of the folder', action: 'Choose another data folder' },
  EMFILE: { what: 'too many open files', action: 'Raise the limit of open files' },
}

/** `file` is the path concerned; `error` what the system call threw. `action` has no full stop: more may follow. */
export function describeFailure(file: string, error: unknown): { readonly problem: string; readonly action: string } {
  const { code, syscall } = error as NodeJS.ErrnoException
  const known = code === undefined ? undefined : causes[code]
  const what = known === undefined ? (error as Error).message : `${known.what} (${code})`
  return { problem: `${syscall ?? 'write'} of ${file}: ${what}`, action: known?.action ?? 'Correct the cause' }
}

/** The same as the error that ends a log. */
export function writeFailure(file: string, error: unknown): LogWriteError {
  const { problem, action } = describeFailure(file, error)
  const message = `The command log cannot be written: ${problem}. ${action}, then start the engine again.`
  return new LogWriteError(message, { cause: error })
}
