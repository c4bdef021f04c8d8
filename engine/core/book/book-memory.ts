/** What all books of an exchange share: the pools that their orders, levels and prices are taken from. */
import type { ImageReader, ImageWriter } from '../image.ts'
import { LevelPool } from './level-pool.ts'
import { OrderPool } from './order-pool.ts'
import type { OrderTerms } from './order-terms.ts'
import { PriceIndex } from './price-index.ts'
import { Queues } from './queues.ts'

export class BookMemory {
  readonly orders: OrderPool
  readonly terms: OrderTerms
  readonly levels: LevelPool
  readonly queues: Queues
  readonly prices = new PriceIndex()

  constructor(orderCapacity: number) {
    this.orders = new OrderPool(orderCapacity)
    this.terms = this.orders.terms
    this.levels = new LevelPool(Math.ceil(orderCapacity / 4))
    this.queues = new Queues(this.orders, this.levels)
  }

  write(image: ImageWriter): void {
    this.orders.write(image)
    this.levels.write(image)
    this.prices.write(image)
  }

  read(image: ImageReader): void {
    this.orders.read(image)
    this.levels.read(image)
    this.prices.read(image)
  }
}
