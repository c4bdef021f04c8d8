import { describe, expect, it } from 'vitest'
import { orderLayout } from './book/order-pool.ts'
import { imageVersion } from './image.ts'
import { EventBuffer, Exchange, eventLayout, eventType, eventWidth, ImageError, type OrderState } from './index.ts'
import { applyStream, commandStream, type StreamCommand } from './stream-fixture.ts'

const { TYPE } = eventLayout

/** The events that commands cause. */
function run(exchange: Exchange, commands: readonly StreamCommand[]): Float64Array {
  const out = new EventBuffer()
  applyStream(exchange, commands, out)
  return out.data.slice(0, out.length)
}

/** Fields that an image leaves out, by class. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  // Worked out when it is asked for, once per state.
  Exchange: ['hash', 'hashedSequence'],
  // Worked out anew whenever the book asks.
  AuctionPrice: [
    'priceTicks',
    'volumeLots',
    'imbalanceLots',
    'leastTicks',
    'mostTicks',
    'firstTicks',
    'lastTicks',
    'lastBuyTicks',
  ],
  // Follow from the last price, the last auction and the definition.
  Instrument: ['bandsAreOfPrice', 'lowestAllowed', 'highestAllowed', 'lowestTrade', 'highestTrade'],
  // Worked out from the open orders; where an order lies in a heap depends on those that are gone.
  ReduceOnlyOrders: ['heaps', 'places'],
  // Only count while a command is being carried out.
  Book: ['isStopped', 'stoppedAtOwnOrder'],
  Control: ['field', 'bound'],
  EventWriter: ['out', 'sequence', 'timeUs'],
  Matching: [
    'takerInstrument',
    'takerSession',
    'takerRef',
    'takerOrderId',
    'takerSide',
    'takerKind',
    'takerAccount',
    'takerPriceTicks',
    'takerLeavesLots',
    'takerLostLots',
    'endReason',
  ],
  OpenOrders: ['instrument'],
  OrderEntry: ['askedFor'],
  Quotes: ['lastNamed', 'accepted', 'field', 'bound'],
  Risk: ['field', 'bound'],
  Timers: ['dueUs', 'kind', 'subject'],
}

/** Arrays that may hold remains behind what counts, by class: how many bytes count. */
const bytesThatCount: Readonly<Record<string, (owner: Readonly<Record<string, unknown>>) => number>> = {
  // An emptied pool begins anew.
  OrderPool: ({ slotCount }) => Number(slotCount) * orderLayout.ORDER_SIZE * 4,
}

/** Where two objects differ that should be the same all the way down, as paths. */
function differences(one: unknown, other: unknown, path = 'exchange', seen = new Set<unknown>()): string[] {
  if (typeof one !== 'object' || one === null || other === null) return Object.is(one, other) ? [] : [path]
  if (seen.has(one)) return []
  seen.add(one)
  if (typeof other !== 'object' || one.constructor !== other.constructor) return [path]
  if (one instanceof Map)
    return differences(Object.fromEntries(one), Object.fromEntries(other as typeof one), path, seen)
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].flatMap((name) => {
    if (leftOut[one.constructor.name]?.includes(name)) return []
    const [here, there] = [one, other].map((owner) => {
      const fields = owner as Readonly<Record<string, unknown>>
      const value = fields[name]
      return ArrayBuffer.isView(value) ? bytesOf(value, bytesThatCount[one.constructor.name]?.(fields)) : value
    })
    if (here instanceof Uint8Array && there instanceof Uint8Array)
      return Buffer.compare(here, there) === 0 ? [] : [`${path}.${name}`]
    return differences(here, there, `${path}.${name}`, seen)
  })
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView, count = byteLength): Uint8Array {
  return new Uint8Array(buffer, byteOffset, count)
}

const commands = commandStream(20_261_120, 4_000)
/** Numbers of commands between which an exchange goes through an image. */
const cuts = Array.from({ length: 80 }, (_, index) => index * 50)

function rich(count = 2_000): Exchange {
  const exchange = new Exchange(1)
  run(exchange, commands.slice(0, count))
  return exchange
}

function openOrders(exchange: Exchange): { kind: string; orders: OrderState[] }[] {
  return [1, 2, 3].flatMap((instrument) => [
    { kind: 'orders of a book', orders: [1, 2].flatMap((side) => exchange.orders(instrument, side)) },
    { kind: 'waiting stops', orders: [1, 2].flatMap((side) => exchange.stops(instrument, side)) },
    { kind: 'orders waiting for the close', orders: exchange.waitingAtClose(instrument) },
  ])
}

describe('an exchange from an image', () => {
  it('goes on exactly as the original, however often it is cut', () => {
    const straight = new Exchange()
    let cut = new Exchange(1)
    for (const begin of cuts) {
      cut = Exchange.fromImage(cut.image())
      const some = commands.slice(begin, begin + 50)
      expect(run(cut, some), `events after command ${begin}`).toEqual(run(straight, some))
      expect(cut.stateHash(), `state after command ${begin + 50}`).toBe(straight.stateHash())
    }
  })

  it('goes on to the end exactly as the original', () => {
    const original = rich()
    const copy = Exchange.fromImage(original.image())
    expect(run(copy, commands.slice(2_000))).toEqual(run(original, commands.slice(2_000)))
    expect(copy.stateHash()).toBe(original.stateHash())
  })

  it('has every field that the original has, but those that are listed as left out', () => {
    const original = new Exchange()
    for (const begin of cuts) {
      run(original, commands.slice(begin, begin + 50))
      expect(differences(original, Exchange.fromImage(original.image()))).toEqual([])
    }
  })

  it('has an image with the same bytes', () => {
    const bytes = rich().image()
    expect(Buffer.compare(Exchange.fromImage(bytes).image(), bytes)).toBe(0)
  })

  it('can be the empty one', () => {
    expect(Exchange.fromImage(new Exchange().image()).stateHash()).toBe(new Exchange().stateHash())
  })
})

describe('the commands of these tests', () => {
  it('cause every kind of event', () => {
    const seen = new Set<number>()
    const events = run(new Exchange(), commands)
    for (let base = 0; base < events.length; base += eventWidth(events[base + TYPE])) seen.add(events[base + TYPE])
    expect([...seen].sort()).toEqual(Object.values(eventType).sort())
  })

  it('leave all kinds of orders behind', () => {
    const exchange = new Exchange(1)
    const seen = new Set<string>()
    for (const begin of cuts) {
      run(exchange, commands.slice(begin, begin + 50))
      for (const { kind, orders } of openOrders(exchange)) {
        for (const order of orders) {
          seen.add(kind)
          if (order.isQuote) seen.add('quotes')
          if (order.reduceOnly) seen.add('reduce-only orders')
          if (order.shownLots < order.leavesLots) seen.add('icebergs')
          if (order.expireTimeUs > 0) seen.add('orders that expire')
        }
      }
    }
    expect([...seen].sort()).toEqual([
      'icebergs',
      'orders of a book',
      'orders that expire',
      'orders waiting for the close',
      'quotes',
      'reduce-only orders',
      'waiting stops',
    ])
  })
})

describe('bytes that are not a whole image of this version', () => {
  const bytes = rich(300).image()

  function changed(change: (copy: Uint8Array) => void): Uint8Array {
    const copy = bytes.slice()
    change(copy)
    return copy
  }

  it.each<[problem: string, bytes: Uint8Array, message: RegExp]>([
    ['nothing', new Uint8Array(0), /0 bytes are too few/],
    ['the begin of one', bytes.slice(0, 23), /23 bytes are too few/],
    ['all but the last byte', bytes.slice(0, -1), /it has \d+ of \d+ bytes/],
    ['half of one', bytes.slice(0, bytes.length / 2), /it has \d+ of \d+ bytes/],
    ['one with something behind it', Buffer.concat([bytes, new Uint8Array(8)]), /it has \d+ of \d+ bytes/],
    ['something else', new Uint8Array(1_000).fill(32), /it begins like something else/],
    ['one of another version', changed((copy) => copy.fill(99, 4, 5)), /it has version 99, not 4/],
  ])('%s', (_, wrong, message) => {
    expect(() => Exchange.fromImage(wrong)).toThrow(ImageError)
    expect(() => Exchange.fromImage(wrong)).toThrow(message)
  })

  /** The same image with these numbers in the place of single numbers. */
  function withNumbers(numbers: ReadonlyMap<number, number>): Uint8Array {
    const copy = bytes.slice()
    for (const [index, number] of numbers) new Float64Array(copy.buffer)[headerNumbers + index] = number
    return copy
  }
  const headerNumbers = 3
  const numberCount = new Float64Array(bytes.buffer)[headerNumbers - 1]

  it.each([-1, 0.5, 2 ** 40, Number.NaN])('one that says that it holds %d single numbers', (count) => {
    expect(() => Exchange.fromImage(withNumbers(new Map([[-1, count]])))).toThrow(`it cannot hold ${count} numbers`)
  })

  it('one with nonsense for its single numbers', () => {
    for (const nonsense of [-1, 0.5, 7, 2 ** 31, 2 ** 53, 1e300, Number.NaN, Number.POSITIVE_INFINITY]) {
      const numbers = new Map(Array.from({ length: numberCount }, (_, index) => [index, nonsense]))
      expect(() => Exchange.fromImage(withNumbers(numbers)), `all ${nonsense}`).toThrow(ImageError)
    }
  })

  it('one with nonsense for one of its single numbers, as far as it can be told', () => {
    let told = 0
    for (let index = 0; index < numberCount; index += 1) {
      try {
        Exchange.fromImage(withNumbers(new Map([[index, -7.5]])))
      } catch (error) {
        expect(error, `number ${index}`).toBeInstanceOf(ImageError)
        told += 1
      }
    }
    expect(told).toBeGreaterThan(numberCount / 10)
  })
})

describe('an image', () => {
  it('may lie anywhere in memory', () => {
    const bytes = rich(300).image()
    const moved = new Uint8Array(bytes.length + 3).subarray(3)
    moved.set(bytes)
    expect(Exchange.fromImage(moved).stateHash()).toBe(rich(300).stateHash())
  })

  it('is as long as was said', () => {
    for (const count of [0, 1, 300, 2_000]) expect(rich(count).imageBytes()).toBe(rich(count).image().length)
  })

  it('may be written over an earlier one, if that was as long', () => {
    const larger = rich().image()
    const smaller = rich(300).image(larger.buffer)
    expect(smaller.buffer).toBe(larger.buffer)
    expect(Buffer.compare(smaller, rich(300).image())).toBe(0)
    const { length } = rich(300).image(new ArrayBuffer(64))
    expect(length).toBe(smaller.length)
  })

  it('of an empty exchange has as many bytes as its version says: whoever changes that has to raise the version', () => {
    expect([imageVersion, new Exchange(1).image().length]).toEqual([4, 33_136])
  })
})
