/** Everything that can be asked of an exchange, for comparing two. */
import type { Setup } from './steps.ts'
import type { AccountState, ExchangeSurface } from './surface.ts'

export type Question = [name: string, ask: (exchange: ExchangeSurface) => unknown]

/** Groups that generated streams use, at their bounds too. */
const groups = [1, 2, 3, 65_535]

export function questionsAbout(setup: Setup): Question[] {
  const questions: Question[] = [
    ['sequence and time', ({ sequence, timeUs }) => [sequence, timeUs]],
    ['next timer', ({ nextTimerUs }) => nextTimerUs],
    ['counts', ({ sessionCount, participantCount }) => [sessionCount, participantCount]],
    ['accounts', accountsUsed],
  ]
  for (const index of setup.sessions.keys()) {
    const session = index + 1
    questions.push(
      [`session ${session}`, (exchange) => ({ ...exchange.session(session) })],
      [`obligations of session ${session}`, (exchange) => exchange.obligations(session)],
    )
    for (const { instrument } of setup.instruments) {
      const name = `quote of session ${session} in instrument ${instrument}`
      questions.push([name, (exchange) => exchange.quote(session, instrument)])
    }
  }
  for (const index of setup.participants.keys()) {
    const participant = index + 1
    questions.push([`participant ${participant}`, (exchange) => ({ ...exchange.participant(participant) })])
    for (const group of groups) {
      const name = `protection of group ${group} of participant ${participant}`
      questions.push([name, (exchange) => exchange.protection(participant, group)])
    }
  }
  for (const { instrument } of setup.instruments) questions.push(...questionsAboutInstrument(instrument))
  return questions
}

function questionsAboutInstrument(instrument: number): Question[] {
  const questions: Question[] = [
    [`phase of instrument ${instrument}`, (exchange) => exchange.phase(instrument)],
    [`indication of instrument ${instrument}`, (exchange) => exchange.indication(instrument)],
    [`waiting for the close, instrument ${instrument}`, (exchange) => exchange.waitingAtClose(instrument)],
    [`last price of instrument ${instrument}`, (exchange) => exchange.lastPriceTicks(instrument)],
    [`trades of instrument ${instrument}`, (exchange) => exchange.tradeCount(instrument)],
    [`volume of instrument ${instrument}`, (exchange) => exchange.volumeLots(instrument)],
    [`commands of instrument ${instrument}`, (exchange) => exchange.commandCount(instrument)],
  ]
  for (const side of [1, 2]) {
    const name = `side ${side} of instrument ${instrument}`
    questions.push(
      [`best price, ${name}`, (exchange) => exchange.bestPriceTicks(instrument, side)],
      [`best quantity, ${name}`, (exchange) => exchange.bestQuantityLots(instrument, side)],
      [`levels, ${name}`, (exchange) => exchange.levels(instrument, side)],
      [`orders, ${name}`, (exchange) => exchange.orders(instrument, side)],
      [`stops, ${name}`, (exchange) => exchange.stops(instrument, side)],
    )
  }
  return questions
}

/** An account that nothing happened in may be there or not. */
function accountsUsed(exchange: ExchangeSurface): AccountState[] {
  return exchange
    .accounts()
    .filter(({ participant: _, instrument: __, valuationPriceTicks: ___, ...figures }) =>
      Object.values(figures).some((figure) => figure !== 0),
    )
    .sort((one, other) => one.participant - other.participant || one.instrument - other.instrument)
}
