/** The market maker as a bot: the inventory-skewed strategy on one desk, its quotes kept in the book. */
import type { Command } from 'commander'
import { addBotOptions, positiveInteger, runBotCommand, type SharedBotOptions, wholeNumber } from '../bot-options.ts'
import type { Desk } from '../runtime/desk.ts'
import { OrderManager } from '../runtime/order-manager.ts'
import type { Trader } from '../runtime/trader.ts'
import { FairPrice } from './fair-price.ts'
import { type InventorySkewParameters, inventorySkewQuotes } from './inventory-skew.ts'

/** Without any change it looks again this often: the fair price moves with time alone. */
const refreshMs = 1_000

export class MarketMaker implements Trader {
  readonly reactionMs: number
  private readonly desk: Desk
  private readonly parameters: InventorySkewParameters
  private readonly fairPrice: FairPrice
  private readonly quotes: OrderManager

  /** @param reactionMs shortest time between two looks at the market, in milliseconds */
  constructor(desk: Desk, parameters: InventorySkewParameters, reactionMs: number) {
    this.desk = desk
    this.parameters = parameters
    this.reactionMs = reactionMs
    this.fairPrice = new FairPrice(desk.instrument.referencePriceTicks)
    this.quotes = new OrderManager(desk.orders, desk.instrument.instrument, (side) => desk.roomLots(side))
  }

  act(nowMs: number): number {
    const { desk } = this
    const bestBidTicks = desk.othersBestTicks('buy')
    const bestAskTicks = desk.othersBestTicks('sell')
    const { lastTradePriceTicks } = desk
    const wanted = inventorySkewQuotes(
      {
        fairPriceTicks: this.fairPrice.observe({ bestBidTicks, bestAskTicks, lastTradePriceTicks }, nowMs),
        positionLots: desk.position.positionLots,
        bestBidTicks,
        bestAskTicks,
        minPriceTicks: desk.instrument.minPriceTicks,
        maxPriceTicks: desk.instrument.maxPriceTicks,
      },
      this.parameters,
    )
    this.quotes.reconcile(wanted)
    return refreshMs
  }
}

interface MarketMakerOptions extends SharedBotOptions {
  spreadTicks: number
  skewTicks: number
  size: number
  reactionMs: number
}

export function registerMarketMakerCommand(program: Command): void {
  addBotOptions(
    program.command('market-maker').description('quotes both sides, leaning against its inventory'),
    'maker-1',
  )
    .option('--spread-ticks <ticks>', 'distance between the two quotes', positiveInteger, 4)
    .option('--skew-ticks <ticks>', 'how far quotes have moved when the position is at its limit', wholeNumber, 20)
    .option('--size <lots>', 'quantity of each quote when nothing is held', positiveInteger, 50)
    .option('--reaction-ms <ms>', 'shortest time between two looks at the market', wholeNumber, 50)
    .action((options: MarketMakerOptions) => {
      const parameters: InventorySkewParameters = {
        spreadTicks: options.spreadTicks,
        skewTicks: options.skewTicks,
        sizeLots: options.size,
        maxPositionLots: options.maxPosition,
      }
      return runBotCommand('market-maker', options, (desk) => new MarketMaker(desk, parameters, options.reactionMs))
    })
}
