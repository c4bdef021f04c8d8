/** The engine's command line. */
import './compiler.ts'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { namePattern } from '../protocol/limits.ts'
import { RecoveryError } from './command-player.ts'
import { ConfigurationError, checkConfiguration, readConfiguration } from './configuration.ts'
import { defaultExchange } from './default-exchange.ts'
import { DataFolderError, startEngine } from './engine.ts'
import { makeFolder } from './folder.ts'
import { ListenError } from './gateway/transport.ts'
import { KeyRegistry, KeyRegistryError } from './keys.ts'
import { LockError } from './lock.ts'
import { LogCorruptError, LogWriteError } from './log/command-log.ts'
import { openLogger } from './logger.ts'
import { addToolCommands } from './tools/commands.ts'
import type { LogMode, OldSegments } from './venue.ts'

interface StartOptions {
  readonly port: number
  readonly host: string
  readonly data: string
  readonly config?: string
  readonly logMode: LogMode
  readonly segmentSize: number
  readonly snapshotEvery: number
  readonly oldSegments: OldSegments
  readonly logFile?: string
  readonly logLevel: string
  readonly quiet?: true
}

/** Errors whose message says all that the person at the keyboard needs. */
const plainErrors = [
  ConfigurationError,
  ListenError,
  DataFolderError,
  LockError,
  KeyRegistryError,
  LogWriteError,
  LogCorruptError,
  RecoveryError,
]

async function start(options: StartOptions): Promise<void> {
  const configuration =
    options.config === undefined
      ? checkConfiguration(defaultExchange, 'the default exchange')
      : readConfiguration(options.config)
  const starting = startEngine({
    host: options.host,
    port: options.port,
    dataFolder: options.data,
    configuration,
    logMode: options.logMode,
    segmentBytes: options.segmentSize,
    snapshotEvery: options.snapshotEvery,
    oldSegments: options.oldSegments,
    openLogger: (folder) => {
      const path = options.logFile ?? join(folder, 'logs', 'engine.jsonl')
      const onFailure = ({ message }: Error) => console.error(`engine: ${path} cannot be written: ${message}`)
      const logger = openLogger({ level: options.logLevel, path, onFailure })
      process.on('uncaughtExceptionMonitor', (error) => logger.fatal(error, 'the engine failed'))
      return logger
    },
    // The log file may be on the disk that is full: whoever sits at the terminal is told as well.
    onHalt: ({ message }) => console.error(`engine: order entry has stopped. ${message}`),
  })
  // Before the data folder is locked: whoever finds this process there may send it, and it would end one that doesn't listen.
  process.on('SIGUSR2', () => starting.then((engine) => engine.takeSnapshot()))
  const engine = await starting
  const { commands, milliseconds, snapshotSequence, stateHash } = engine.recovery
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    await engine.stop()
    process.exit(0)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', stop)
  // As somebody's child it ends with its parent, however that ends.
  process.on('disconnect', stop)
  // It may have died before anybody listened.
  if (process.connected === false) stop()
  process.on('message', (message) => {
    if ((message as { type?: unknown } | null)?.type === 'stop') stop()
  })
  if (options.quiet !== true) {
    const from = snapshotSequence === 0 ? '' : ` after the snapshot at ${snapshotSequence}`
    const state = stateHash === undefined ? '' : `, state ${stateHash}`
    const recovered = `${commands} commands recovered${from} in ${Math.round(milliseconds)} ms${state}`
    console.log(`tradefloor engine ready at ${engine.url} (data ${options.data}, log ${options.logMode}, ${recovered})`)
  }
  if (process.connected) process.send?.({ type: 'ready', url: engine.url, port: engine.port, pid: process.pid })
}

function addKey(options: { participant: string; session: string; data: string }): void {
  makeFolder(resolve(options.data))
  const registry = new KeyRegistry(options.data)
  const { participant, session } = options
  if (!registry.issue(participant, session)) {
    throw new KeyRegistryError(`${participant} ${session} has a key already, see ${registry.path}`)
  }
  registry.save()
  console.log(`${participant} ${session}: private key in ${registry.privateKeyPath(participant, session)}`)
}

function listKeys(options: { data: string }): void {
  for (const { participant, session, publicKey, revoked } of new KeyRegistry(options.data).sessions) {
    const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    console.log(`${participant} ${session} ${key}${revoked ? ' revoked' : ''}`)
  }
}

function revokeKey(options: { participant: string; session: string; data: string }): void {
  const registry = new KeyRegistry(options.data)
  const { participant, session } = options
  if (!registry.revoke(participant, session)) {
    throw new KeyRegistryError(`${participant} ${session} has no key that could be revoked, see ${registry.path}`)
  }
  console.log(
    `${participant} ${session}: the key is revoked. A running engine closes the session's connection within a second ` +
      'and accepts it no more; its orders are cancelled if it asked for that at logon. `keys new` makes another key.',
  )
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return port
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count))
    throw new InvalidArgumentError('It is a whole number from 0.')
  return count
}

function parseSegmentSize(text: string): number {
  const bytes = parseCount(text)
  if (bytes < 4_096 || bytes % 4_096 !== 0 || bytes > 2 ** 30) {
    throw new InvalidArgumentError('It is a multiple of 4096, up to 1073741824.')
  }
  return bytes
}

function parseName(text: string): string {
  if (!namePattern.test(text)) throw new InvalidArgumentError('A name is 1 to 32 of A-Z a-z 0-9 . _ -')
  return text
}

const program = new Command('engine')
  .description('The exchange: takes orders and publishes market data over WebSocket.')
  .showHelpAfterError('(--help shows the options)')
  .addHelpText('after', '\nWithout a command the engine starts, with the options that `start --help` shows.')

program
  .command('start', { isDefault: true })
  .description('start the engine')
  .option('--port <number>', 'port to listen on, 0 for any free one', parsePort, 9001)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--data <folder>', 'data folder: command log, keys, logs', './data')
  .option('--config <file>', 'exchange configuration; a demo exchange if not given')
  .addOption(
    new Option(
      '--log-mode <mode>',
      'when a command counts as durable: synced to disk, given to the operating system, at once',
    )
      .choices(['sync', 'os', 'memory'])
      .default('sync'),
  )
  .option('--segment-size <bytes>', 'size of the files of the command log', parseSegmentSize, 64 * 2 ** 20)
  .option(
    '--snapshot-every <commands>',
    'take a snapshot after so many commands, so that a start reads the log from there on only; 0: never',
    parseCount,
    1_000_000,
  )
  .addOption(
    new Option('--old-segments <policy>', 'what becomes of files of the log that two snapshots have made superfluous')
      .choices(['keep', 'archive', 'delete'])
      .default('keep'),
  )
  .option(
    '--log-file <file>',
    'where the engine logs what it does, - for stderr (default: logs/engine.jsonl in the data folder)',
  )
  .addOption(
    new Option('--log-level <level>', 'how much it logs')
      .choices(['fatal', 'error', 'warn', 'info', 'debug', 'silent'])
      .default('info'),
  )
  .option('--quiet', 'print nothing when ready')
  .action(start)

const keys = program.command('keys').description('keys of participants')
keys
  .command('new')
  .description('add a session with a new key, also while the engine runs')
  .requiredOption('--participant <name>', 'name of the participant', parseName)
  .requiredOption('--session <name>', 'name of the session', parseName)
  .option('--data <folder>', 'data folder', './data')
  .action(addKey)
keys
  .command('revoke')
  .description("make a session's key useless, also while the engine runs, and close its connection")
  .requiredOption('--participant <name>', 'name of the participant', parseName)
  .requiredOption('--session <name>', 'name of the session', parseName)
  .option('--data <folder>', 'data folder', './data')
  .action(revokeKey)
keys
  .command('list')
  .description('list sessions and their public keys')
  .option('--data <folder>', 'data folder', './data')
  .action(listKeys)

addToolCommands(program)

try {
  await program.parseAsync()
} catch (error) {
  const plain = plainErrors.some((type) => error instanceof type) || (error as NodeJS.ErrnoException).code !== undefined
  console.error(plain ? `engine: ${(error as Error).message}` : error)
  process.exit(1)
}
