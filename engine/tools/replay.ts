/** `replay`: what the exchange was like at the end of the log, or at any place of it. */
import { DataFolder } from './data-folder.ts'
import { formatTime, isAfter, type Placed, parseLogPoint } from './log-point.ts'
import { LogRun } from './log-run.ts'
import { countOf, formatCount } from './table.ts'

export interface ReplayOptions {
  readonly data: string
  readonly until?: string
  readonly fromSnapshot?: true
  readonly hash?: true
  readonly json?: true
}

export function replay(options: ReplayOptions): void {
  const until = options.until === undefined ? undefined : parseLogPoint(options.until, '--until')
  const data = new DataFolder(options.data)
  const begun = performance.now()
  const mayUse = (place: Placed) => until === undefined || !isAfter(place, until)
  const run = new LogRun(data, options.fromSnapshot === true ? mayUse : undefined)
  run.play(until)
  const seconds = (performance.now() - begun) / 1_000
  run.refuseBeyondEnd(until, '--until')

  const { exchange, commands } = run
  const startSequence = run.start?.sequence ?? 0
  const { sequence, timeUs, openOrderCount: openOrders } = exchange
  const trades = exchange.instruments.reduce((sum, row) => sum + (row ? exchange.tradeCount(row.instrument) : 0), 0)
  const commandsPerSecond = Math.round(commands / seconds)
  const stateHash = options.hash === true ? exchange.stateHash() : undefined
  if (options.json === true) {
    const time = formatTime(timeUs)
    const result = {
      sequence,
      time,
      timeUs,
      startSequence,
      commands,
      seconds,
      commandsPerSecond,
      openOrders,
      trades,
      stateHash,
    }
    console.log(JSON.stringify(result))
    return
  }
  const rate = `in ${seconds.toFixed(2)} s, ${formatCount(commandsPerSecond)} a second`
  const after = startSequence === 0 ? '' : ` after the snapshot of command ${formatCount(startSequence)}`
  console.log(`${countOf(commands, 'command')} applied${after} ${rate}`)
  console.log(`sequence     ${formatCount(sequence)}`)
  console.log(`time         ${formatTime(timeUs)}`)
  console.log(`open orders  ${formatCount(openOrders)}`)
  console.log(`trades       ${formatCount(trades)}`)
  if (stateHash !== undefined) console.log(`state hash   ${stateHash}`)
}
