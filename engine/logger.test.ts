import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { openLogger } from './logger.ts'

/** A file that is always on a full disk. */
const fullDisk = '/dev/full'

it.skipIf(!existsSync(fullDisk))('a log file on a full disk is told of once and stops nothing', () => {
  const failures: Error[] = []
  const logger = openLogger({ level: 'info', path: fullDisk, onFailure: (error) => failures.push(error) })
  for (let line = 0; line < 3; line++) logger.fatal(new Error('the disk is full'), 'order entry halted')
  expect(failures).toMatchObject([{ code: 'ENOSPC' }])
})
