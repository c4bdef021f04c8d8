/** Whether every bot of a fleet has a key to log on with: one without would die and be started again for ever. */
import { sessionSigner } from '../runtime/session-key.ts'
import { type BotPlan, FleetError } from './fleet-file.ts'

/** @throws FleetError that names the first bot without a key and says how to make one */
export function requireKeys(plans: readonly BotPlan[], dataFolder: string): void {
  for (const { name, participant, session } of plans) {
    try {
      sessionSigner(dataFolder, participant, session)
    } catch (error) {
      throw new FleetError(`bot ${name}: ${(error as Error).message}`)
    }
  }
}
