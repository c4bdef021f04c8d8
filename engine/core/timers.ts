/**
 * What will happen at a time of its own: a binary heap of timers, the earliest due first and of those that are due at
 * the same time the one that was set first. Records lie in typed arrays, and each knows its place in the heap, so that
 * a timer that is no longer wanted leaves at once: an order with an expiry time that is soon filled costs no more than
 * that.
 */
import { doubleZero } from './double-zero.ts'
import type { ImageReader, ImageWriter } from './image.ts'

export const timerKind = {
  /** Midnight UTC. */
  dayBegins: 1,
  /** The subject is the order's slot. */
  orderExpires: 2,
  /** The subject is the instrument's number. */
  phaseScheduled: 3,
  /** The end of a halt or of an auction. The subject is the instrument's number. */
  phaseEnds: 4,
} as const

export interface TimerState {
  readonly dueUs: number
  readonly kind: number
  readonly subject: number
}

/** 32-bit columns. Of a free record POSITION is the next free one. */
const RECORD_SIZE = 3
const KIND = 0
const SUBJECT = 1
const POSITION = 2
/** 64-bit columns. The age is a number that grows from timer to timer. */
const TIMES_SIZE = 2
const DUE = 0
const AGE = 1

export class Timers {
  private records: Int32Array
  private times: Float64Array
  /** Numbers of timers; the children of place p are at 2p + 1 and 2p + 2. */
  private heap: Int32Array
  private size = 0
  /** Number that the next timer will have if none is free; 0 is never used. */
  private next = 1
  private firstFree = 0
  private lastAge = doubleZero
  /** When the earliest timer is due, 0 if there is none: every command asks. */
  nextDueUs = doubleZero
  /** The timer that `takeDue` took last. */
  dueUs = doubleZero
  kind = 0
  subject = 0

  constructor(capacity = 1024) {
    this.records = new Int32Array(capacity * RECORD_SIZE)
    this.times = new Float64Array(capacity * TIMES_SIZE)
    this.heap = new Int32Array(capacity)
    this.noteNext()
  }

  /** Sets a timer. Returns its number, never 0, which is good until it is taken or removed. */
  add(dueUs: number, kind: number, subject: number): number {
    let timer = this.firstFree
    if (timer !== 0) {
      this.firstFree = this.records[timer * RECORD_SIZE + POSITION]
    } else {
      timer = this.next++
      if (this.next > this.heap.length) this.grow()
    }
    this.records[timer * RECORD_SIZE + KIND] = kind
    this.records[timer * RECORD_SIZE + SUBJECT] = subject
    this.times[timer * TIMES_SIZE + DUE] = dueUs
    this.times[timer * TIMES_SIZE + AGE] = ++this.lastAge
    this.rise(this.size++, timer)
    this.noteNext()
    return timer
  }

  /** Removes a timer that was neither taken nor removed since it was set. */
  remove(timer: number): void {
    const position = this.records[timer * RECORD_SIZE + POSITION]
    const last = this.heap[--this.size]
    this.records[timer * RECORD_SIZE + POSITION] = this.firstFree
    this.firstFree = timer
    if (last !== timer) {
      // What stood last fills the gap, and goes up or down from there.
      if (position > 0 && this.isBefore(last, this.heap[(position - 1) >> 1])) this.rise(position, last)
      else this.sink(position, last)
    }
    this.noteNext()
  }

  /** Takes the earliest timer out into `dueUs`, `kind` and `subject`, if it is due by this time. */
  takeDue(timeUs: number): boolean {
    if (this.size === 0 || this.nextDueUs > timeUs) return false
    const timer = this.heap[0]
    this.dueUs = this.times[timer * TIMES_SIZE + DUE]
    this.kind = this.records[timer * RECORD_SIZE + KIND]
    this.subject = this.records[timer * RECORD_SIZE + SUBJECT]
    this.remove(timer)
    return true
  }

  /** All timers in the order in which they will happen. */
  list(): TimerState[] {
    const timers = [...this.heap.subarray(0, this.size)]
    timers.sort((first, second) => (this.isBefore(first, second) ? -1 : 1))
    return timers.map((timer) => ({
      dueUs: this.times[timer * TIMES_SIZE + DUE],
      kind: this.records[timer * RECORD_SIZE + KIND],
      subject: this.records[timer * RECORD_SIZE + SUBJECT],
    }))
  }

  write(image: ImageWriter): void {
    image.array(this.records, this.next * RECORD_SIZE)
    image.array(this.times, this.next * TIMES_SIZE)
    image.array(this.heap, this.next)
    image.number(this.size)
    image.number(this.next)
    image.number(this.firstFree)
    image.number(this.lastAge)
  }

  read(image: ImageReader): void {
    this.records = image.int32()
    this.times = image.float64()
    this.heap = image.int32()
    this.size = image.number()
    this.next = image.number()
    this.firstFree = image.number()
    this.lastAge = image.number()
    this.noteNext()
  }

  private isBefore(first: number, second: number): boolean {
    const { times } = this
    const lead = times[first * TIMES_SIZE + DUE] - times[second * TIMES_SIZE + DUE]
    return lead !== 0 ? lead < 0 : times[first * TIMES_SIZE + AGE] < times[second * TIMES_SIZE + AGE]
  }

  /** Puts a timer at this place, or above it if it comes before what is there. */
  private rise(position: number, timer: number): void {
    while (position > 0) {
      const above = (position - 1) >> 1
      if (!this.isBefore(timer, this.heap[above])) break
      this.place(position, this.heap[above])
      position = above
    }
    this.place(position, timer)
  }

  /** Puts a timer at this place, or below it if it comes after what is there. */
  private sink(position: number, timer: number): void {
    while (2 * position + 1 < this.size) {
      let below = 2 * position + 1
      if (below + 1 < this.size && this.isBefore(this.heap[below + 1], this.heap[below])) below++
      if (!this.isBefore(this.heap[below], timer)) break
      this.place(position, this.heap[below])
      position = below
    }
    this.place(position, timer)
  }

  private noteNext(): void {
    this.nextDueUs = this.size === 0 ? 0 : this.times[this.heap[0] * TIMES_SIZE + DUE]
  }

  private place(position: number, timer: number): void {
    this.heap[position] = timer
    this.records[timer * RECORD_SIZE + POSITION] = position
  }

  private grow(): void {
    const records = new Int32Array(this.records.length * 2)
    records.set(this.records)
    this.records = records
    const times = new Float64Array(this.times.length * 2)
    times.set(this.times)
    this.times = times
    const heap = new Int32Array(this.heap.length * 2)
    heap.set(this.heap)
    this.heap = heap
  }
}
