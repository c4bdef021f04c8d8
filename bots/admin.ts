/** The commands of an admin: each logs on as one, sends one command, tells what came of it, and ends. */
import { Argument, type Command } from 'commander'
import { type Answer, ClientSession, type ControlRequest, type WithoutRef } from '../protocol/client/index.ts'
import { openWebSocket } from '../protocol/client/node.ts'
import { errors } from '../protocol/errors.ts'
import { enumerations, type Row } from '../protocol/messages.ts'
import { addConnectionOptions, type ConnectionOptions, remedyFor, wholeNumber } from './bot-options.ts'
import { pickInstruments } from './runtime/instruments.ts'
import { sessionSigner } from './runtime/session-key.ts'

type Phase = keyof typeof enumerations.phase
type RiskLimit = keyof typeof enumerations.riskLimit

/** What makes the command, once the instruments are known, and what to say when it was carried out. */
interface Task {
  readonly request: (instruments: readonly Row<'instrument'>[]) => WithoutRef<ControlRequest>
  readonly done: string
}

/** Stands for every instrument that is not closed. */
const everyInstrument = 'all'
const limitNames = Object.keys(enumerations.riskLimit)
const phaseNames = Object.keys(enumerations.phase)

export function registerAdminCommand(program: Command): void {
  const admin = program.command('admin').description('halts and resumes instruments, blocks and limits participants')
  const add = (name: string, about: string, ...parameters: Argument[]) => {
    const command = addConnectionOptions(admin.command(name).description(about), 'admin')
    for (const parameter of parameters) command.addArgument(parameter)
    return command
  }
  const symbol = () => new Argument('<symbol>', `an instrument, or "${everyInstrument}" for all that are not closed`)
  const participant = () => new Argument('<participant>', 'name of a participant')

  add('halt', 'stops trading in an instrument', symbol()).action((instrument: string, options: ConnectionOptions) =>
    carryOut(options, phaseTask(instrument, 'halted')),
  )
  add('resume', 'goes on with continuous trading', symbol()).action((instrument: string, options: ConnectionOptions) =>
    carryOut(options, phaseTask(instrument, 'continuous')),
  )
  add('phase', 'sets the trading phase', symbol(), new Argument('<phase>').choices(phaseNames)).action(
    (instrument: string, phase: Phase, options: ConnectionOptions) => carryOut(options, phaseTask(instrument, phase)),
  )
  add('block', 'cancels all orders of a participant and takes no more', participant()).action(
    (name: string, options: ConnectionOptions) => carryOut(options, blockTask(name, true)),
  )
  add('unblock', 'takes orders of a participant again', participant()).action(
    (name: string, options: ConnectionOptions) => carryOut(options, blockTask(name, false)),
  )
  const value = new Argument('<value>', 'its new value').argParser(wholeNumber)
  add('limit', 'changes a risk limit', participant(), new Argument('<limit>').choices(limitNames), value).action(
    (name: string, limit: RiskLimit, to: number, options: ConnectionOptions) =>
      carryOut(options, {
        request: () => ({ type: 'changeLimit', participant: name, limit, value: to }),
        done: `${name}: ${limit} is ${to} now`,
      }),
  )
}

function phaseTask(symbol: string, phase: Phase): Task {
  const isEvery = symbol === everyInstrument
  return {
    request: (instruments) => {
      const instrument = isEvery ? 0 : pickInstruments(instruments, [symbol])[0].instrument
      return { type: 'changePhase', instrument, phase }
    },
    done: `${isEvery ? 'all instruments that were not closed' : symbol}: ${phase} now`,
  }
}

function blockTask(participant: string, blocked: boolean): Task {
  return {
    request: () => ({ type: 'blockParticipant', participant, blocked }),
    done: `${participant}: ${blocked ? 'blocked now, and all its orders are cancelled' : 'not blocked any more'}`,
  }
}

/** @throws Error in one line */
async function carryOut(options: ConnectionOptions, task: Task): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const session = new ClientSession(
    {
      url: options.url,
      participant: options.participant,
      session: options.session,
      sign: sessionSigner(options.data, options.participant, options.session, options.key),
      openWebSocket,
    },
    {
      onAnswer: (_, answer) => resolve(answer),
      onError: ({ code, text }, request) => {
        if (request !== undefined) reject(new Error(`${code}: ${text}`))
      },
      onUnanswered: () => reject(new Error('the connection was lost, and the command had no effect')),
      onState: (state, reason) => {
        if (state === 'closed') reject(new Error(reason))
      },
    },
  )
  // Nobody listens to it if the logon fails.
  promise.catch(() => {})
  try {
    await session.connect()
    session.control(task.request(session.instruments))
    const answer = await promise
    if (answer.type === 'rejected') throw new Error(describeReject(answer))
    console.log(task.done)
  } catch (error) {
    const { message } = error as Error
    throw new Error(message + remedyFor(message, options))
  } finally {
    await session.close()
  }
}

function describeReject({ code, bound }: Extract<Answer, { type: 'rejected' }>): string {
  const { meaning, action } = errors[code]
  return `${code}${bound === 0 ? '' : ` (${bound})`}: ${meaning} ${action}`
}
