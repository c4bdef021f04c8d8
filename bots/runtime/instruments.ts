/** Finds instruments by their symbols. */
import type { Row } from '../../protocol/messages.ts'

/** @throws Error in one line that names the ones that exist, if one does not */
export function pickInstruments(listed: readonly Row<'instrument'>[], symbols: readonly string[]): Row<'instrument'>[] {
  return symbols.map((symbol) => {
    const found = listed.find((instrument) => instrument.symbol === symbol)
    if (found === undefined) {
      const known = listed.map((instrument) => instrument.symbol).join(', ')
      throw new Error(`no instrument ${symbol}; there ${listed.length === 1 ? 'is' : 'are'} ${known || 'none'}`)
    }
    return found
  })
}
