/** The commands of an admin, from the command line to a real engine: what they do at once, and what of it survives a restart. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OutgoingMessage } from '../../protocol/messages.ts'
import { EngineProcess } from '../support/engine-process.ts'
import { ProgramRun } from '../support/program-run.ts'
import { WireClient } from '../support/wire-client.ts'

const engine = new EngineProcess({
  configuration: {
    instruments: [
      { symbol: 'ACME', tickSize: '0.01', referencePrice: '100' },
      { symbol: 'BOLT', tickSize: '0.01', referencePrice: '25' },
    ],
    participants: [{ name: 'alpha' }, { name: 'admin', admin: true }],
  },
})

beforeAll(() => engine.start())
afterAll(async () => {
  await engine.stop()
  await engine.clean()
})

async function admin(...parameters: string[]): Promise<string> {
  const run = new ProgramRun('bots/main.ts', ['admin', ...parameters, '--url', engine.url, '--data', engine.dataFolder])
  const exitCode = await run.ended()
  expect(exitCode === 0 ? run.errors : run.output).toBe('')
  return run.output + run.errors
}

const logOn = (nextEvent = 0) => WireClient.logOn(engine.url, engine.dataFolder, 'alpha', { nextEvent })

function order(ref: number, fields: Partial<OutgoingMessage<'newOrder'>> = {}): OutgoingMessage<'newOrder'> {
  const terms = { orderType: 'limit', timeInForce: 'goodTillCancel', quantityLots: 5, priceTicks: 9_900 } as const
  return { type: 'newOrder', ref, instrument: 1, side: 'buy', ...terms, ...fields }
}

it('halts an instrument for everyone, keeps it so across a restart, and resumes it', async () => {
  const { client } = await logOn()
  client.send({ type: 'subscribe', channel: 'status', instrument: 1 })
  await client.next('status')
  expect(await admin('halt', 'ACME')).toBe('ACME: halted now\n')
  expect(await client.next('status')).toMatchObject({ phase: 'halted' })
  client.send(order(1))
  expect(await client.next('rejected')).toMatchObject({ code: 'wrongPhase', bound: 4 })
  await engine.stop()
  await engine.start()
  const again = await logOn()
  again.client.send(order(2))
  expect(await again.client.next('rejected')).toMatchObject({ ref: 2, code: 'wrongPhase' })
  expect(await admin('resume', 'all')).toBe('all instruments that were not closed: continuous now\n')
  again.client.send(order(3))
  expect(await again.client.next('accepted')).toMatchObject({ ref: 3 })
  await again.client.close()
})

it('blocks a participant, whose orders are gone at once, and lets it trade again', async () => {
  const { client, result } = await logOn()
  const ref = result.lastRef + 1
  client.send(order(ref), order(ref + 1, { instrument: 2, priceTicks: 2_500 }))
  await client.nextOf('accepted', 2)
  expect(await admin('block', 'alpha')).toBe('alpha: blocked now, and all its orders are cancelled\n')
  const cancelled = await client.nextOf('cancelled', 2)
  expect(cancelled.map(({ orderRef, reason }) => [orderRef, reason])).toEqual([
    [ref, 'killSwitch'],
    [ref + 1, 'killSwitch'],
  ])
  client.send(order(ref + 2))
  expect(await client.next('rejected')).toMatchObject({ code: 'participantBlocked' })
  await admin('unblock', 'alpha')
  client.send(order(ref + 3))
  await client.next('accepted')
  await client.close()
})

it('changes a limit, which stays changed across a restart', async () => {
  expect(await admin('limit', 'alpha', 'maxPositionLots', '4')).toBe('alpha: maxPositionLots is 4 now\n')
  await engine.stop()
  await engine.start()
  const { client, result } = await logOn()
  client.send(order(result.lastRef + 1), order(result.lastRef + 2, { quantityLots: 4 }))
  expect(await client.next('rejected')).toMatchObject({ code: 'positionLimit', bound: 4 })
  await client.next('accepted')
  await client.close()
})

it('says in one line what it cannot do', async () => {
  expect(await admin('limit', 'alpha', 'maxOrderQuantityLots', `${2 ** 31}`)).toBe(
    'bots: invalidLimit (2147483647): No such limit, or not a value for it; bound is the largest value. ' +
      'Correct limit and value.\n',
  )
  expect(await admin('block', 'nobody')).toBe(
    'bots: unknownParticipant: No participant has this name. Check the name.\n',
  )
  expect(await admin('halt', 'ACME', '--participant', 'alpha')).toBe(
    "bots: notAuthorized: The command is an admin's and the participant is none. Use a session of an admin.\n",
  )
})
