/**
 * Zero as a floating-point number, for fields of long-lived objects that count or hold what may outgrow 31 bits:
 * sequence numbers, times, quantities of a whole market, and whatever a client may send.
 *
 * V8 gives a field that begins with 0 the shape "small integer". When a larger number comes, every object that has this
 * shape needs a new one, and for as long as one that was not touched since is reachable, V8 throws away the optimised
 * code of what reaches it, compiles it again, and throws it away again. For the function that sends out events this
 * halved the orders per second of the whole engine. -0 is no small integer to V8, so the field is a double from the
 * start; in every other respect it is 0.
 */
export const doubleZero = -0

/** The same number, with 0 for -0: for whoever compares or prints it. */
export function unsigned(value: number): number {
  return value + 0
}
