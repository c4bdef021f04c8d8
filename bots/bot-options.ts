/** The command-line options that all bots share, and what follows from them. */
import { type Command, InvalidArgumentError } from 'commander'
import { openWebSocket } from '../protocol/client/node.ts'
import { webSocketPath } from '../protocol/messages.ts'
import type { BotOptions } from './runtime/bot.ts'
import { runBot } from './runtime/run-bot.ts'
import { sessionSigner } from './runtime/session-key.ts'
import type { MakeTrader } from './runtime/trader.ts'

export const defaultUrl = `ws://127.0.0.1:9001${webSocketPath}`

/** What commander makes of the options of whoever logs on. */
export interface ConnectionOptions {
  url: string
  participant: string
  session: string
  data: string
  key?: string
}

/** What commander makes of the shared options. */
export interface SharedBotOptions extends ConnectionOptions {
  instrument: string[]
  seed: number
  maxPosition: number
  stopLoss: number
  maxSilence: number
  quiet?: true
}

/** Adds what it takes to log on. */
export function addConnectionOptions(command: Command, defaultParticipant: string, defaultSession = 'main'): Command {
  return command
    .option('--url <address>', 'address of the engine', webSocketUrl, defaultUrl)
    .option('--participant <name>', 'participant to log on as', defaultParticipant)
    .option('--session <name>', 'session of the participant', defaultSession)
    .option('--data <folder>', 'data folder with the keys', './data')
    .option('--key <file>', "private key of the session (default: in the data folder's keys)")
}

/** Adds what every trading bot takes. */
export function addBotOptions(command: Command, defaultParticipant: string): Command {
  return addConnectionOptions(command, defaultParticipant)
    .requiredOption('--instrument <symbols...>', 'instruments to trade, by symbol', splitSymbols)
    .option('--max-position <lots>', 'largest position either way, open orders included', positiveInteger, 1_000)
    .option('--stop-loss <minor>', 'halt for good at this loss, in minor units', positiveInteger, 10_000_000)
    .option('--max-silence <ms>', 'pull quotes when market data is silent for this long', positiveInteger, 7_500)
    .option('--seed <number>', 'seed of all chance', wholeNumber, 1)
    .option('--quiet', 'no line a second')
}

/**
 * Runs a bot with what the shared options say.
 * @throws Error in one line
 */
export async function runBotCommand(kind: string, options: SharedBotOptions, makeTrader: MakeTrader): Promise<void> {
  const bot: Omit<BotOptions, 'onIncident'> = {
    kind,
    url: options.url,
    participant: options.participant,
    session: options.session,
    sign: sessionSigner(options.data, options.participant, options.session, options.key),
    openWebSocket,
    symbols: options.instrument,
    seed: options.seed,
    limits: {
      maxPositionLots: options.maxPosition,
      stopLossMinor: options.stopLoss,
      maxSilenceMs: options.maxSilence,
    },
  }
  try {
    await runBot(bot, makeTrader, options.quiet ?? false)
  } catch (error) {
    const { message } = error as Error
    throw new Error(message + remedyFor(message, options))
  }
}

/** What the person may have meant otherwise, for the two mistakes that are made most. */
export function remedyFor(message: string, { participant, session, data }: ConnectionOptions): string {
  if (message.startsWith('cannot reach')) return '; is an engine running there?'
  if (!message.startsWith('logonFailed')) return ''
  return `; is ${data} the data folder of this engine, and the key the one of participant ${participant}, session ${session}?`
}

/** For commander. */
export function webSocketUrl(text: string): string {
  const isAddress = URL.canParse(text) && /^wss?:$/.test(new URL(text).protocol)
  if (!isAddress) throw new InvalidArgumentError(`It must be an address like ${defaultUrl}.`)
  return text
}

/** For commander: several symbols with commas between, or the option several times. */
function splitSymbols(text: string, previous: string[] | undefined): string[] {
  const symbols = text.split(',').map((symbol) => symbol.trim())
  if (symbols.includes('')) throw new InvalidArgumentError('Symbols are separated by single commas.')
  return [...new Set([...(previous ?? []), ...symbols])]
}

/** For commander. */
export function positiveInteger(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number <= 0) throw new InvalidArgumentError('It must be a whole number above 0.')
  return number
}

/** For commander. */
export function wholeNumber(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < 0) {
    throw new InvalidArgumentError('It must be a whole number, 0 or more.')
  }
  return number
}

/** For commander. */
export function positiveNumber(text: string): number {
  const number = Number(text)
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError('It must be a number above 0.')
  return number
}
