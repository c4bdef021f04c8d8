/** The noise trader as a bot: its random decisions carried out on one desk. */
import type { Command } from 'commander'
import { addBotOptions, positiveInteger, positiveNumber, runBotCommand, type SharedBotOptions } from '../bot-options.ts'
import type { Desk } from '../runtime/desk.ts'
import type { RandomSource } from '../runtime/random.ts'
import type { Trader } from '../runtime/trader.ts'
import { decide, type NoiseAction, type NoiseParameters, nextWaitMs } from './noise.ts'

export class NoiseTrader implements Trader {
  /** Chance alone says when it acts. */
  readonly reactionMs = Infinity
  private readonly desk: Desk
  private readonly random: RandomSource
  private readonly parameters: NoiseParameters
  private hasBegun = false

  constructor(desk: Desk, random: RandomSource, parameters: NoiseParameters) {
    this.desk = desk
    this.random = random
    this.parameters = parameters
  }

  act(): number {
    const { desk, parameters, random } = this
    const { instrument, minPriceTicks, maxPriceTicks, referencePriceTicks } = desk.instrument
    // The first call is no arrival: it only draws the wait for the first one.
    if (this.hasBegun) {
      const view = {
        openOrders: desk.orders.countOf(instrument),
        bestBidTicks: desk.bestTicks('buy'),
        bestAskTicks: desk.bestTicks('sell'),
        lastPriceTicks: desk.lastTradePriceTicks || referencePriceTicks,
        minPriceTicks,
        maxPriceTicks,
        buyRoomLots: desk.roomLots('buy'),
        sellRoomLots: desk.roomLots('sell'),
      }
      this.carryOut(decide(view, parameters, random))
    }
    this.hasBegun = true
    return nextWaitMs(desk.orders.countOf(instrument), parameters, random)
  }

  private carryOut(action: NoiseAction): void {
    const { orders, instrument } = this.desk
    switch (action.type) {
      case 'limit': {
        const { side, quantityLots, priceTicks } = action
        orders.submit({ instrument: instrument.instrument, side, quantityLots, priceTicks })
        break
      }
      case 'market': {
        const { side, quantityLots } = action
        orders.submit({
          instrument: instrument.instrument,
          side,
          quantityLots,
          orderType: 'market',
          timeInForce: 'immediateOrCancel',
        })
        break
      }
      case 'cancel': {
        const order = orders.of(instrument.instrument)[action.index]
        if (order.outstanding === 'none') orders.cancel(order)
        break
      }
    }
  }
}

interface NoiseOptions extends SharedBotOptions {
  limitRate: number
  marketRate: number
  cancelRate: number
  meanSize: number
  meanOffsetTicks: number
  maxOpenOrders: number
}

export function registerNoiseCommand(program: Command): void {
  addBotOptions(
    program.command('noise').description('trades at random: limit orders, market orders, cancels'),
    'noise-1',
  )
    .option('--limit-rate <number>', 'limit orders per second and instrument', positiveNumber, 2)
    .option('--market-rate <number>', 'market orders per second and instrument', positiveNumber, 1)
    .option('--cancel-rate <number>', 'cancels per second and open order', positiveNumber, 0.2)
    .option('--mean-size <lots>', 'mean quantity of an order', positiveNumber, 5)
    .option('--mean-offset-ticks <ticks>', 'mean distance of limit orders from the touch', positiveNumber, 20)
    .option('--max-open-orders <count>', 'most open orders per instrument', positiveInteger, 30)
    .action((options: NoiseOptions) => {
      const { meanSize: meanSizeLots, ...parameters } = options
      return runBotCommand(
        'noise',
        options,
        (desk, random) => new NoiseTrader(desk, random, { ...parameters, meanSizeLots }),
      )
    })
}
