/**
 * The queries of a connection that wait for their answers. These come in the order in which was asked; an error with ref 0
 * answers the oldest query. A lost connection takes along all of them.
 */
import type { Message } from '../messages.ts'

/** The messages that ask, each with the one that answers. */
export interface QueryAnswers {
  queryObligations: Message<'obligations'>
  queryOrder: Message<'orderStatus'>
  queryOpenOrders: Message<'openOrders'>
  queryPositions: Message<'positions'>
  subscribeDropCopy: Message<'dropCopySubscribed'>
}

export type QueryName = keyof QueryAnswers

interface WaitingQuery {
  resolve(answer: Message): void
  reject(error: Error): void
}

export class Queries {
  private waiting: WaitingQuery[] = []
  /** What has come of an answer that takes several messages. */
  private openOrders: Message<'openOrders'>['orders'] = []

  /** Waits for the answer to the query that is being sent. */
  answer<Name extends QueryName>(): Promise<QueryAnswers[Name]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve: resolve as WaitingQuery['resolve'], reject })
    })
  }

  take(answer: QueryAnswers[QueryName]): void {
    if (answer.type === 'openOrders') {
      this.openOrders = [...this.openOrders, ...answer.orders]
      if (!answer.last) return
      this.waiting.shift()?.resolve({ ...answer, orders: this.openOrders })
      this.openOrders = []
    } else {
      this.waiting.shift()?.resolve(answer)
    }
  }

  /** The oldest one is refused. */
  refuse(reason: string): void {
    this.waiting.shift()?.reject(new Error(reason))
  }

  /** The connection is lost. */
  abandon(reason: string): void {
    this.openOrders = []
    for (const { reject } of this.waiting.splice(0)) reject(new Error(reason))
  }
}
