import { describe, expect, it } from 'vitest'
import { Command } from '../../engine/core/index.ts'
import { enumerations, messages } from '../../protocol/messages.ts'
import { OtherCommands } from './other-commands.ts'

interface Sent {
  readonly session: number
  readonly ref: number
  readonly kind: string
}

const nameOf = (values: Readonly<Record<string, number>>, value: number) =>
  Object.keys(values).find((name) => values[name] === value)

function kindOf(command: Command): string | undefined {
  const type = Object.entries(messages).find(([, { number }]) => number === command.type)?.[0]
  if (type !== 'newOrder') return type
  if (command.displayQuantityLots > 0) return 'iceberg'
  if (command.expireTimeUs > 0) return 'goodTillDate'
  return nameOf(enumerations.orderType, command.orderType)
}

function send(seed: number, count: number): Sent[] {
  const others = new OtherCommands(seed)
  return Array.from({ length: count }, () => {
    const command = new Command()
    const session = others.nextSession()
    const control = others.next(session, 1_000_000, command)
    return { session, ref: control?.ref ?? command.ref, kind: control?.type ?? kindOf(command) ?? '' }
  })
}

describe('other commands', () => {
  it('are of every kind that the mixed flow does not have', () => {
    const kinds = new Set(send(1, 2_000).map(({ kind }) => kind))
    const orders = ['limit', 'iceberg', 'goodTillDate', 'postOnly', 'stop', 'stopLimit']
    const rest = ['replaceOrder', 'cancelOrder', 'massCancel', 'massQuote', 'setProtection', 'resetProtection']
    expect([...kinds].sort()).toEqual([...orders, ...rest].sort())
  })

  it('are numbered without gaps in each session, and the same for the same seed', () => {
    const sent = send(2, 500)
    for (const session of [1, 2]) {
      const refs = sent.filter((command) => command.session === session).map(({ ref }) => ref)
      expect(refs).toEqual(refs.map((_, index) => index + 1))
    }
    expect(send(2, 500)).toEqual(sent)
    expect(send(3, 500)).not.toEqual(sent)
  })
})
