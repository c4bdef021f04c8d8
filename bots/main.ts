/**
 * The command line of the bots: one command per kind of bot, the fleet that runs many of them, what an admin does, and what a
 * participant may see of itself.
 */
import { Command } from 'commander'
import { registerAdminCommand } from './admin.ts'
import { registerFleetCommand } from './fleet/fleet-command.ts'
import { registerMonitorCommands } from './monitor/monitor-commands.ts'
import { registerMarketMakerCommand } from './strategies/market-maker.ts'
import { registerNoiseCommand } from './traders/noise-trader.ts'
import { registerReplayCommand } from './traders/replay.ts'

const program = new Command('bots')
  .description('Participants of the exchange. Each connects to a running engine over WebSocket.')
  .showHelpAfterError('(--help shows the options)')

registerMarketMakerCommand(program)
registerNoiseCommand(program)
registerReplayCommand(program)
registerFleetCommand(program)
registerAdminCommand(program)
registerMonitorCommands(program)

try {
  await program.parseAsync()
} catch (error) {
  console.error(`bots: ${(error as Error).message}`)
  process.exitCode = 1
}
