/** The requests of a session that have no answer yet, in order of their refs, and which event answers which. */
import type { Answer, Request, RequestOutcome, SessionEvent } from './session-types.ts'

export interface PendingRequest {
  readonly request: Request
  /** On the client's clock; undefined until it is first handed to the socket. */
  sentMs: number | undefined
}

export class PendingRequests {
  /** Refs are added in ascending order, and a Map keeps the order. */
  private readonly byRef = new Map<number, PendingRequest>()

  get size(): number {
    return this.byRef.size
  }

  add(request: Request, sentMs: number | undefined): void {
    this.byRef.set(request.ref, { request, sentMs })
  }

  /** Removes and returns the request with this ref, if it is pending. */
  take(ref: number): PendingRequest | undefined {
    const pending = this.byRef.get(ref)
    if (pending !== undefined) this.byRef.delete(ref)
    return pending
  }

  /** Removes and returns the request that the event answers, if it answers one. */
  takeAnsweredBy(event: SessionEvent): PendingRequest | undefined {
    if (!isAnswer(event) || event.ref === 0) return undefined
    // What goes with a mass cancel, or ends at once, may carry its ref too; the answer to those is another event.
    if (event.type === 'cancelled') {
      const type = this.byRef.get(event.ref)?.request.type
      if (type !== 'cancelOrder' && type !== 'replaceOrder') return undefined
    }
    return this.take(event.ref)
  }

  /** Removes and returns the requests with refs up to `lastRef`, or all. */
  takeUpTo(lastRef = Infinity): PendingRequest[] {
    const taken: PendingRequest[] = []
    for (const [ref, pending] of this.byRef) {
      if (ref > lastRef) break
      taken.push(pending)
      this.byRef.delete(ref)
    }
    return taken
  }

  /** In order of refs. */
  all(): Iterable<PendingRequest> {
    return this.byRef.values()
  }
}

/** An event that may answer a request; the others report what happened to an order or quote. */
export function isAnswer(event: SessionEvent): event is Answer {
  return 'ref' in event && event.type !== 'quoteAccepted' && event.type !== 'quoteRejected'
}

/**
 * What is known of a request that was processed, or refused, and whose answer is among events that are not kept.
 * @param openRefs the refs of the session's open orders after it
 */
export function outcomeInSnapshot(request: Request, openRefs: ReadonlySet<number>): RequestOutcome {
  if (openRefs.has(request.ref)) return 'open'
  // Whatever would have cancelled it has not.
  if (request.type === 'cancelOrder' && openRefs.has(request.orderRef)) return 'noEffect'
  return 'unknown'
}
