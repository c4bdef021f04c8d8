/** What a crash test may find, by the invariant that it breaks. */

export const invariants = {
  I1: 'no acknowledged command is lost',
  I2: 'no command is applied twice, and every request is answered once',
  I3: 'live, recovered and replayed state have the same hash',
  I4: 'positions sum up to zero, and so do cash and fees',
  I5: 'orders trade as in the naive book',
  I6: "every client's stream is gap-free and equals the replayed one",
  I7: 'no book is crossed in continuous trading',
  I8: 'only outputs of commands in the log were sent',
} as const

export type Invariant = keyof typeof invariants

export interface Violation {
  readonly invariant: Invariant
  readonly text: string
}

/** Where checks put what they find. */
export type Report = (invariant: Invariant, text: string) => void

/** The first differing field of two objects, for a violation's text. */
export function difference(told: object, expected: object): string {
  const names = new Set([...Object.keys(told), ...Object.keys(expected)]) as Set<never>
  for (const name of names) {
    const [one, other] = [told[name], expected[name]].map((value) => JSON.stringify(value))
    if (one !== other) return `${name} is ${one} instead of ${other}`
  }
  return 'nothing differs'
}
