/**
 * Time in the simulation: a queue of what is to happen and when. Nothing happens but by it, one thing after another, and
 * between two of them promises that can go on do. Times are whole microseconds.
 */

export interface Appointment {
  readonly atUs: number
  /** Of two at the same time the one that was made first comes first. */
  readonly order: number
  /** Undefined once it was called off. */
  action: (() => void) | undefined
}

/** Steps of the microtask queue between two events. A longer chain of promises goes on between the next ones. */
const microtaskSteps = 4

export class VirtualTime {
  nowUs = 0
  /** How many events there were. */
  count = 0
  private readonly heap: Appointment[] = []
  private made = 0
  private readonly onError: (error: unknown) => void

  /** `onError` hears of what is thrown by what happens. */
  constructor(onError: (error: unknown) => void) {
    this.onError = onError
  }

  /** Calls `action` after so many microseconds; what it returns calls that off. */
  after(delayUs: number, action: () => void): () => void {
    if (!Number.isFinite(delayUs)) throw new RangeError(`a delay of ${delayUs} µs`)
    const appointment: Appointment = { atUs: this.nowUs + Math.max(0, Math.round(delayUs)), order: this.made, action }
    this.made += 1
    this.push(appointment)
    return () => {
      appointment.action = undefined
    }
  }

  /** Calls `action` again and again, so many microseconds apart. */
  every(intervalUs: number, action: () => void): () => void {
    let callOff = () => {}
    const ring = () => {
      callOff = this.after(intervalUs, ring)
      action()
    }
    callOff = this.after(intervalUs, ring)
    return () => callOff()
  }

  /** Time passes within what is happening: a call that blocks. What was due meanwhile happens late. */
  spend(us: number): void {
    this.nowUs += Math.round(us)
  }

  /** Lets things happen until `isOver`, which is asked after each, or until it is so late. */
  async run(isOver: () => boolean, limitUs: number): Promise<void> {
    const untilUs = Math.ceil(limitUs)
    while (!isOver()) {
      const next = this.pop()
      if (next === undefined) return
      if (next.atUs > untilUs) {
        this.push(next)
        this.nowUs = Math.max(this.nowUs, untilUs)
        return
      }
      if (next.action === undefined) continue
      this.nowUs = Math.max(this.nowUs, next.atUs)
      this.count += 1
      try {
        next.action()
      } catch (error) {
        this.onError(error)
      }
      for (let step = 0; step < microtaskSteps; step += 1) await undefined
    }
  }

  private push(appointment: Appointment): void {
    const { heap } = this
    let index = heap.length
    heap.push(appointment)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(appointment, heap[parent])) break
      heap[index] = heap[parent]
      index = parent
    }
    heap[index] = appointment
  }

  private pop(): Appointment | undefined {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child += 1
      if (!isBefore(heap[child], last)) break
      heap[index] = heap[child]
      index = child
    }
    heap[index] = last
    return first
  }
}

function isBefore(one: Appointment, other: Appointment): boolean {
  return one.atUs < other.atUs || (one.atUs === other.atUs && one.order < other.order)
}
