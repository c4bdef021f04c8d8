/** Temporary folders of tests. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder, to be removed by the caller. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'tradefloor-test-'))
}
