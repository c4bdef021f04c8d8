/** The same commands give the same events and the same state: in every run, on any machine, and through an image. */
import { describe, expect, it } from 'vitest'
import { readCommands, readResult, replay } from './command-file.ts'

describe('the command file', () => {
  const commands = readCommands()
  const result = readResult()

  it('has every message that goes into the log', () => {
    const types = new Set(commands.map(({ message }) => message.type))
    expect([...types].sort()).toEqual([
      'blockParticipant',
      'cancelOrder',
      'changeLimit',
      'changePhase',
      'instrumentDefined',
      'massCancel',
      'massQuote',
      'newOrder',
      'participantDefined',
      'replaceOrder',
      'resetProtection',
      'sessionConnected',
      'sessionDefined',
      'sessionDisconnected',
      'setProtection',
      'timeAdvanced',
    ])
  })

  it.each(['one run', 'another run'])('gives the recorded events and the recorded state in %s', () => {
    expect(replay(commands)).toEqual(result)
  })

  it('gives the same in a run that goes through an image in the middle, or in many places', () => {
    expect(replay(commands, commands.length / 2)).toEqual(result)
    const places = Array.from({ length: 99 }, (_, index) => (index + 1) * 40)
    expect(replay(commands, ...places)).toEqual(result)
  })

  it('gives another state if any one command in its middle is left out', () => {
    for (const left of [2_000, 2_001, 2_002]) {
      expect(replay(commands.toSpliced(left, 1)).stateHash).not.toBe(result.stateHash)
    }
  })
})
