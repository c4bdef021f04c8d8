/**
 * Makes a failing list short: leaves out halves, quarters … single items, as long as what remains still fails.
 * `fails` must give the same answer for the same list.
 */
export function shrink<Item>(items: readonly Item[], fails: (items: readonly Item[]) => boolean): readonly Item[] {
  let shortest = items
  for (let size = Math.ceil(items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    let at = 0
    while (at < shortest.length) {
      const rest = shortest.toSpliced(at, size)
      if (fails(rest)) shortest = rest
      else at += size
    }
  }
  return shortest
}
