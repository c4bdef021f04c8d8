/**
 * The core suite: the exchange and its book alone, each measurement in a thread of its own, and nodejs-order-book on
 * the same flow. A round is a new venue that is filled and warmed before it is timed; the figure is the median of the
 * rounds.
 */
import { writeFileSync } from 'node:fs'
import type { Report, SuiteContext } from '../suite.ts'
import { type BySize, composeReport, picture } from './core-report.ts'
import type { FlowName } from './flows.ts'
import { isTrial, measure } from './measure.ts'
import type { Rates, VenueName } from './measurement.ts'

/** Venues of a list in a list take turns. To fill a book with a million orders nodejs-order-book would need minutes. */
const sizes: readonly { restingOrders: number; flow: FlowName; venues: readonly (readonly VenueName[])[] }[] = [
  { restingOrders: 1_000, flow: 'mixed', venues: [['book'], ['exchange', 'nodejsOrderBook']] },
  { restingOrders: 10_000, flow: 'mixed10k', venues: [['book'], ['exchange'], ['nodejsOrderBook']] },
  { restingOrders: 100_000, flow: 'mixed100k', venues: [['book'], ['exchange'], ['nodejsOrderBook']] },
  { restingOrders: 1_000_000, flow: 'mixed1m', venues: [['book'], ['exchange']] },
]

/** @param pictureFile where to put the picture of the rates by size, if anywhere */
export async function runCoreSuite(context: SuiteContext, pictureFile?: string): Promise<Report> {
  const rates = (flow: FlowName, venues: readonly VenueName[]): Promise<Rates> => {
    context.progress(`${flow}: ${venues.join(', ')}`)
    return measure(context, { kind: 'rates', flow, venues })
  }
  const bySize: BySize[] = []
  for (const { restingOrders, flow, venues } of sizes) {
    const answers: Rates[] = []
    for (const together of venues) answers.push(await rates(flow, together))
    const { levelCount } = answers[0]
    bySize.push({ restingOrders, levelCount, rates: Object.assign({}, ...answers.map((answer) => answer.rates)) })
  }
  const bursts = {
    oneSide: await rates('oneSide', ['book']),
    sweeps: await rates('sweeps', ['book']),
    wandering: await rates('wandering', ['book']),
    static: await rates('static', ['book']),
  }
  const manyInstruments = await rates('manyInstruments', ['exchange'])
  context.progress('single commands, single sweeps, memory')
  const singleCommands = await measure(context, { kind: 'singleCommands' })
  const sweeps = await measure(context, { kind: 'sweeps' })
  const memory = await measure(context, { kind: 'memory' })
  if (pictureFile !== undefined) writeFileSync(pictureFile, picture(bySize))
  const report = composeReport({ bySize, bursts, manyInstruments, singleCommands, sweeps, memory })
  const trial = 'Figures of less than a second each are a trial of the suite, on flows of a tenth of their size.'
  return isTrial(context) ? { ...report, caveats: [trial, ...report.caveats] } : report
}
