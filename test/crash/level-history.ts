/** What the price levels of one instrument were after each command, as far back as somebody may still be told of it. */
import { enumerations, type Message } from '../../protocol/messages.ts'

const { buy, sell } = enumerations.side

export interface LevelChange {
  readonly sequence: number
  readonly side: number
  readonly priceTicks: number
  readonly quantityLots: number
  readonly orderCount: number
}

type Level = Message<'bookSnapshot'>['bids'][number]
type Change = Message<'bookUpdate'>['changes'][number]
export type Top = Pick<Message<'top'>, 'bidPriceTicks' | 'bidQuantityLots' | 'askPriceTicks' | 'askQuantityLots'>

export const emptyTop: Top = { bidPriceTicks: 0, bidQuantityLots: 0, askPriceTicks: 0, askQuantityLots: 0 }

/** Changes that are kept at least. */
const keptChanges = 30_000

export class LevelHistory {
  /** Levels before the changes that are kept, and now; by side and price. */
  private readonly before = new Map<number, LevelChange>()
  private readonly now = new Map<number, LevelChange>()
  private readonly changes: LevelChange[] = []
  private readonly tops: { readonly sequence: number; readonly top: Top }[] = []

  add(change: LevelChange): void {
    this.changes.push(change)
    put(this.now, change)
    const { sequence } = change
    if (this.tops.at(-1)?.sequence === sequence) this.tops.pop()
    this.tops.push({ sequence, top: this.bestNow() })
    if (this.changes.length < 2 * keptChanges) return
    for (const old of this.changes.splice(0, keptChanges)) put(this.before, old)
    this.tops.splice(0, this.tops.length - keptChanges)
  }

  /** The changes after one command and up to another, each level once, as it is in the end. */
  between(after: number, upTo: number): Change[] {
    const last = new Map<number, LevelChange>()
    for (let index = indexAfter(this.changes, after); index < indexAfter(this.changes, upTo); index += 1) {
      last.set(keyOf(this.changes[index]), this.changes[index])
    }
    return [...last.values()].map(({ side, priceTicks, quantityLots, orderCount }) => ({
      ...{ side: side === buy ? 'buy' : 'sell', priceTicks, quantityLots, orderCount },
    }))
  }

  /** All levels after a command, best first. */
  at(sequence: number): { readonly bids: Level[]; readonly asks: Level[] } {
    const levels = new Map(this.before)
    for (let index = 0; index < indexAfter(this.changes, sequence); index += 1) put(levels, this.changes[index])
    const ofSide = (wanted: number, sign: number) =>
      [...levels.values()]
        .filter(({ side }) => side === wanted)
        .map(({ priceTicks, quantityLots, orderCount }) => ({ priceTicks, quantityLots, orderCount }))
        .sort((one, other) => sign * (one.priceTicks - other.priceTicks))
    return { bids: ofSide(buy, -1), asks: ofSide(sell, 1) }
  }

  /** Best bid and ask after a command. */
  topAt(sequence: number): Top {
    const index = indexAfter(this.tops, sequence) - 1
    return index < 0 ? emptyTop : this.tops[index].top
  }

  private bestNow(): Top {
    let bid: LevelChange | undefined
    let ask: LevelChange | undefined
    for (const level of this.now.values()) {
      if (level.side === buy) bid = bid === undefined || level.priceTicks > bid.priceTicks ? level : bid
      else ask = ask === undefined || level.priceTicks < ask.priceTicks ? level : ask
    }
    return {
      ...{ bidPriceTicks: bid?.priceTicks ?? 0, bidQuantityLots: bid?.quantityLots ?? 0 },
      ...{ askPriceTicks: ask?.priceTicks ?? 0, askQuantityLots: ask?.quantityLots ?? 0 },
    }
  }
}

/** Index of the first element of a command after this one. */
function indexAfter(list: readonly { readonly sequence: number }[], sequence: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (list[middle].sequence <= sequence) low = middle + 1
    else high = middle
  }
  return low
}

function put(levels: Map<number, LevelChange>, change: LevelChange): void {
  if (change.quantityLots === 0) levels.delete(keyOf(change))
  else levels.set(keyOf(change), change)
}

function keyOf({ side, priceTicks }: LevelChange): number {
  return priceTicks * 4 + side
}
