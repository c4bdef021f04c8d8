/** Participants and their risk limits. Numbered from 1 without gaps. */

const LIMITS_SIZE = 4
const MAX_ORDER_QUANTITY = 0
const MAX_ORDER_NOTIONAL = 1
const MAX_POSITION = 2
const MAX_OPEN_ORDERS = 3

export interface ParticipantState {
  readonly participant: number
  readonly name: string
  readonly maxOrderQuantityLots: number
  readonly maxOrderNotionalMinor: number
  /** Largest position either way, open orders counted. */
  readonly maxPositionLots: number
  readonly maxOpenOrders: number
}

export class Participants {
  private readonly names: string[] = ['']
  private limits = new Float64Array(LIMITS_SIZE * 64)
  private openOrders = new Int32Array(64)

  get count(): number {
    return this.names.length - 1
  }

  /** Adds a participant (its number must be the next one) or changes the limits of an existing one. */
  define(state: ParticipantState): void {
    const { participant } = state
    if (participant < 1 || participant > this.names.length)
      throw new Error(`participant ${participant} is out of order`)
    if (participant === this.names.length) this.grow()
    this.names[participant] = state.name
    const base = participant * LIMITS_SIZE
    this.limits[base + MAX_ORDER_QUANTITY] = state.maxOrderQuantityLots
    this.limits[base + MAX_ORDER_NOTIONAL] = state.maxOrderNotionalMinor
    this.limits[base + MAX_POSITION] = state.maxPositionLots
    this.limits[base + MAX_OPEN_ORDERS] = state.maxOpenOrders
  }

  state(participant: number): ParticipantState | undefined {
    if (participant < 1 || participant >= this.names.length) return undefined
    return {
      participant,
      name: this.names[participant],
      maxOrderQuantityLots: this.maxOrderQuantityLots(participant),
      maxOrderNotionalMinor: this.maxOrderNotionalMinor(participant),
      maxPositionLots: this.maxPositionLots(participant),
      maxOpenOrders: this.maxOpenOrders(participant),
    }
  }

  maxOrderQuantityLots(participant: number): number {
    return this.limits[participant * LIMITS_SIZE + MAX_ORDER_QUANTITY]
  }

  maxOrderNotionalMinor(participant: number): number {
    return this.limits[participant * LIMITS_SIZE + MAX_ORDER_NOTIONAL]
  }

  maxPositionLots(participant: number): number {
    return this.limits[participant * LIMITS_SIZE + MAX_POSITION]
  }

  maxOpenOrders(participant: number): number {
    return this.limits[participant * LIMITS_SIZE + MAX_OPEN_ORDERS]
  }

  openOrderCount(participant: number): number {
    return this.openOrders[participant]
  }

  addOpenOrders(participant: number, count: number): void {
    this.openOrders[participant] += count
  }

  private grow(): void {
    if (this.names.length < this.openOrders.length) return
    const limits = new Float64Array(this.limits.length * 2)
    limits.set(this.limits)
    this.limits = limits
    const openOrders = new Int32Array(this.openOrders.length * 2)
    openOrders.set(this.openOrders)
    this.openOrders = openOrders
  }
}
