/** The command `fleet`: its options, its signals, its exit code. */
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { defaultUrl, positiveNumber, webSocketUrl, wholeNumber } from '../bot-options.ts'
import { finalReport } from './final-report.ts'
import { type BotKind, FleetError, readFleetFile } from './fleet-file.ts'
import { type FleetOutput, isTerminal, LiveConsole, PlainOutput, silentOutput } from './fleet-output.ts'
import { type FleetSettings, FleetSupervisor } from './fleet-supervisor.ts'
import type { FleetView } from './fleet-view.ts'

/** Kinds of bots that a fleet can hold: commands of the bots' program that run until they are stopped. */
const kinds = ['market-maker', 'noise']
/** Given by the fleet itself, not by a bot's `options`. */
const ownOptions = ['url', 'data', 'key', 'participant', 'session', 'instrument', 'seed', 'quiet']

/** One Ctrl-C can arrive as several signals (from the terminal and passed on by npm); only a later one means "at once". */
const sameSignalMs = 500
/** Three weeks: what a timer can hold. */
const mostSeconds = 2_000_000
const plainReportWidth = 200
/** What shells report for a program that SIGINT ended. */
const interruptedExitCode = 130

const fleetFileHelp = `
A fleet file lists bots:
  { "bots": [{ "kind": "noise", "count": 8, "session": "main", "seed": 1,
               "name": "noise-{n}", "participant": "noise-{n}",
               "instruments": ["ACME"], "options": { "limitRate": 2 } }] }
kind is one of ${kinds.join(', ')}; {n} is the number of the bot, from 1;
options are those of the kind's own command, in camel case. count, session,
seed and options may be left out.`

interface FleetOptions {
  readonly url: string
  readonly data: string
  readonly withEngine?: boolean
  readonly port?: number
  readonly config?: string
  readonly logMode?: string
  readonly seconds?: number
  readonly seed: number
  readonly quiet?: boolean
}

export function registerFleetCommand(program: Command): void {
  program
    .command('fleet')
    .description('run many bots, each a process of its own, and watch them')
    .argument('<file>', 'fleet file, such as fleets/default.json')
    .addOption(
      new Option('--url <address>', 'engine to trade on')
        .argParser(webSocketUrl)
        .default(defaultUrl)
        .conflicts('withEngine'),
    )
    .option('--data <folder>', "folder of the sessions' keys and of the logs", './data')
    .option('--with-engine', 'start an engine for this fleet, and stop it at the end')
    .option('--port <port>', "with --with-engine: the engine's port, 0 for any (default: 9001)", portNumber)
    .option('--config <file>', "with --with-engine: the engine's configuration file")
    .addOption(
      new Option('--log-mode <mode>', 'with --with-engine: how durable its log is (default: sync)').choices([
        'sync',
        'os',
        'memory',
      ]),
    )
    .option('--seconds <number>', 'stop after this time (default: run until Ctrl-C)', seconds)
    .option('--seed <number>', 'the same seed gives every bot the same random numbers again', wholeNumber, 1)
    .option('--quiet', 'print the final report only')
    .addHelpText('after', fleetFileHelp)
    .action(async (file: string, options: FleetOptions) => {
      process.exitCode = await runFleet(file, options, botKinds(program))
    })
}

/** What each kind of bot takes, as its own command declares it. */
function botKinds(program: Command): Map<string, BotKind> {
  return new Map(
    kinds.map((kind) => {
      const declared = program.commands.find((command) => command.name() === kind)?.options ?? []
      const free = declared.filter((option) => !ownOptions.includes(option.attributeName()))
      return [kind, new Map(free.map((option) => [option.attributeName(), (value) => brokenRule(option, value)]))]
    }),
  )
}

/** Asks the option itself, as if the value had been given on the command line. */
function brokenRule(option: Option, value: string | number | boolean): string | undefined {
  if (option.isBoolean()) return typeof value === 'boolean' ? undefined : 'must be true or false'
  if (typeof value === 'boolean') return 'must be a value'
  try {
    option.parseArg?.(value.toString(), undefined)
    return undefined
  } catch (error) {
    if (error instanceof InvalidArgumentError) return error.message
    throw error
  }
}

/** @returns the exit code */
async function runFleet(
  file: string,
  options: FleetOptions,
  knownKinds: ReadonlyMap<string, BotKind>,
): Promise<number> {
  try {
    const plans = readFleetFile(file, join(import.meta.dirname, '..'), knownKinds, options.seed)
    const settings = { plans, dataFolder: options.data, engine: engineOf(options), seconds: options.seconds }
    return await runUntilStopped(settings, options.quiet === true)
  } catch (error) {
    if (!(error instanceof FleetError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  }
}

/**
 * Starts the fleet, shows it, stops it when it is time, and prints the final report.
 * @returns the exit code
 * @throws FleetError if it could not be started; nothing is left running then
 */
async function runUntilStopped(settings: FleetSettings, quiet: boolean): Promise<number> {
  const failures: string[] = []
  const stop = Promise.withResolvers<void>()
  let output: FleetOutput = silentOutput
  const fleet = new FleetSupervisor(settings, {
    onIncident: (incident) => output.incident(incident),
    onFailure: (text) => {
      failures.push(text)
      stop.resolve()
    },
  })
  const requestStop = stopRequests(stop.resolve, () => {
    output.close()
    fleet.kill()
    process.exit(interruptedExitCode)
  })
  const starting = fleet.start()
  try {
    await Promise.race([starting, stop.promise])
  } catch (error) {
    await fleet.stop()
    throw error
  }
  // Stopping an engine that is starting makes the start fail, which is no news then.
  starting.catch(() => {})
  output = openOutput(() => fleet.view(), quiet, requestStop)
  const timer = settings.seconds === undefined ? undefined : setTimeout(stop.resolve, settings.seconds * 1000)
  await stop.promise
  clearTimeout(timer)
  failures.push(...(await fleet.stop()))
  output.close()
  printReport(fleet.view(), failures)
  return failures.length === 0 ? 0 : 1
}

function printReport(view: FleetView, failures: readonly string[]): void {
  const { isTTY } = process.stdout
  const width = isTTY ? process.stdout.columns : plainReportWidth
  const lines = finalReport(view, failures, width, isTTY && process.stdout.hasColors())
  process.stdout.write(`${lines.join('\n')}\n`)
}

function engineOf(options: FleetOptions): FleetSettings['engine'] {
  if (options.withEngine !== true) {
    const useless = (['port', 'config', 'logMode'] as const).find((name) => options[name] !== undefined)
    if (useless !== undefined) {
      const flag = useless === 'logMode' ? 'log-mode' : useless
      throw new FleetError(`--${flag} is for the engine that --with-engine starts; add --with-engine or leave it out`)
    }
    return { url: options.url }
  }
  return {
    port: options.port ?? 9001,
    dataFolder: options.data,
    configFile: options.config,
    logMode: options.logMode ?? 'sync',
  }
}

/** Calls `first` on the first request to stop, by signal or key, and `again` on a later one. Returns what keys call. */
function stopRequests(first: () => void, again: () => void): () => void {
  let firstMs: number | undefined
  const request = () => {
    const nowMs = performance.now()
    if (firstMs === undefined) {
      firstMs = nowMs
      first()
    } else if (nowMs - firstMs > sameSignalMs) again()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, request)
  return request
}

function openOutput(view: () => FleetView, quiet: boolean, requestStop: () => void): FleetOutput {
  // Whoever read the output may be gone, for example ended by the same Ctrl-C; the fleet is stopped in order all the same.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
  })
  if (quiet) return silentOutput
  if (isTerminal(process.stdout)) return new LiveConsole(view, process.stdout, process.stdin, requestStop)
  return new PlainOutput(view, (line) => process.stdout.write(`${line}\n`))
}

function seconds(text: string): number {
  const value = positiveNumber(text)
  if (value > mostSeconds) throw new InvalidArgumentError(`It must be ${mostSeconds} at most.`)
  return value
}

function portNumber(text: string): number {
  const value = wholeNumber(text)
  if (value > 65_535) throw new InvalidArgumentError('It must be 65535 at most.')
  return value
}
