/** The key that a session logs on with, from the engine's data folder. */
import { join } from 'node:path'
import { signerFromKeyFile } from '../../protocol/client/node.ts'

/**
 * What signs the session's logons.
 * @param keyFile undefined: where the engine puts the key
 * @throws Error in one line; where none was named, it says how to make one
 */
export function sessionSigner(
  dataFolder: string,
  participant: string,
  session: string,
  keyFile?: string,
): (text: string) => string {
  try {
    return signerFromKeyFile(keyFile ?? join(dataFolder, 'keys', `${participant}.${session}.key`))
  } catch (error) {
    if (keyFile !== undefined) throw error
    const remedy = `npm run engine -- keys new --participant ${participant} --session ${session} --data ${dataFolder}`
    throw new Error(`${(error as Error).message}; --data names the engine's data folder, or make a key with: ${remedy}`)
  }
}
