/** Tables and numbers for people, on terminals. */

/** Lines of a table: columns of text to the left, columns of numbers to the right. */
export function formatTable(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? formatCount(cell) : cell)))
  const widths = columns.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column].length)))
  const isNumber = columns.map((_, column) => typeof rows[0]?.[column] === 'number')
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd()
  return [line(columns), ...cells.map(line)]
}

/** A whole number with its thousands set off: 12,345. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US', { maximumFractionDigits: 0 })
}

/** `1 command`, `2 commands`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : noun.endsWith('ch') ? 'es' : 's'}`
}
