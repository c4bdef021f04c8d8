/**
 * One stream of steps through the exchange and the model side by side, or through the model alone: the first thing that
 * is wrong, whether they differ or break an invariant that any exchange must keep.
 */
import { Driver } from './driver.ts'
import { brokenInvariant, EventNumbers, selfTrade } from './invariants.ts'
import type { Setup, Step } from './steps.ts'
import type { ExchangeSurface } from './surface.ts'

/** What a failing stream was, enough to run it again: the content of a file in the folder regressions. */
export interface Regression {
  readonly setup: Setup
  readonly steps: readonly Step[]
}

export interface Wrong {
  /** Index of the step. */
  readonly step: number
  readonly text: string
}

/** Events are looked at after every step, state after so many and at the end. */
export function whatIsWrong(
  exchange: ExchangeSurface | undefined,
  { setup, steps }: Regression,
  stepsPerStateCheck: number,
  onStep: (driver: Driver) => void = () => {},
): Wrong | undefined {
  let step = 0
  try {
    const driver = new Driver(exchange, setup)
    const eventNumbers = new EventNumbers()
    for (; step < steps.length; step += 1) {
      const isStateDue = (step + 1) % stepsPerStateCheck === 0 || step === steps.length - 1
      const text =
        driver.run(steps[step]) ??
        eventNumbers.broken(driver.modelEvents) ??
        selfTrade(driver.modelEvents, setup) ??
        (isStateDue ? (driver.differenceOfState() ?? brokenInvariant(exchange ?? driver.model, setup)) : undefined)
      if (text) return { step, text }
      onStep(driver)
    }
  } catch (error) {
    return { step, text: `${error instanceof Error ? error.stack : error}` }
  }
  return undefined
}
