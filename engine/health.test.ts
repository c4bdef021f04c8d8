import { describe, expect, it } from 'vitest'
import { answerHealth } from './health.ts'
import { newOrder, TestVenue } from './venue-fixture.ts'

function ask(venue: TestVenue, query = ''): () => [number, Record<string, unknown>] | undefined {
  let answer: [number, Record<string, unknown>] | undefined
  const { sequencer, exchange, gateway } = venue
  answerHealth({ sequencer, exchange, gateway, logMode: 'memory' }, query, (status, body) => {
    answer = [status, body as Record<string, unknown>]
  })
  return () => answer
}

describe('health', () => {
  it('is 200 while orders are taken, and shows released state', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    venue.send(socket, newOrder(1))
    const answer = ask(venue, 'hash=1')
    expect(answer()).toBeUndefined()
    venue.sequencer.endTurn()
    const stateHash = venue.exchange.stateHash()
    expect(answer()).toMatchObject([200, { status: 'ok', orderEntry: 'open', sequence: 8, sessions: 1, stateHash }])
  })

  it('is 503 once the log cannot be written, and shows nothing of what was not released', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    venue.log.failing = true
    venue.send(socket, newOrder(1))
    venue.sequencer.endTurn()
    expect(ask(venue, 'hash=1')()).toEqual([
      503,
      expect.objectContaining({ status: 'halted', orderEntry: 'halted', sequence: 7 }),
    ])
    expect(ask(venue, 'hash=1')()?.[1]).not.toHaveProperty('stateHash')
  })

  it('that was asked for in the turn that could not be written is 503 as well', () => {
    const venue = new TestVenue()
    const answer = ask(venue, 'hash=1')
    venue.log.failing = true
    venue.sequencer.endTurn()
    expect(answer()).toEqual([503, expect.objectContaining({ status: 'halted' })])
  })
})
