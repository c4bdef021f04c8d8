import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Backoff } from './backoff.ts'
import { SupervisedProcess } from './supervised-process.ts'

/** A child that records the signals that it gets and dies when it is told to. */
class FakeChild extends EventEmitter {
  readonly pid = 1
  readonly signals: string[] = []

  kill(signal: string): boolean {
    this.signals.push(signal)
    return true
  }

  die(code: number | null, signal: string | null = null): void {
    this.emit('close', code, signal)
  }
}

function setUp(another = true) {
  const children: FakeChild[] = []
  const deaths: string[] = []
  const supervised = new SupervisedProcess({
    launch: () => {
      const child = new FakeChild()
      children.push(child)
      return child as unknown as ChildProcess
    },
    onMessage: () => {},
    onDeath: (death, restartInMs) => {
      deaths.push(`${death.text}, again in ${restartInMs}`)
      return another
    },
  })
  supervised.start()
  return { supervised, children, deaths }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the delay before a restart', () => {
  it('doubles from 1 s to 30 s', () => {
    const backoff = new Backoff()
    expect([1, 2, 3, 4, 5, 6, 7].map(() => backoff.next(0))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ])
  })

  it('is 1 s again after a minute of health', () => {
    const backoff = new Backoff()
    backoff.next(0)
    expect(backoff.next(59_999)).toBe(2_000)
    expect(backoff.next(60_000)).toBe(1_000)
  })
})

describe('a supervised process', () => {
  it('is started again after the delay, and counted', () => {
    const { supervised, children, deaths } = setUp()
    children[0].die(null, 'SIGKILL')
    expect(deaths).toEqual(['was killed by SIGKILL, again in 1000'])
    expect(supervised.running).toBe(false)
    vi.advanceTimersByTime(999)
    expect(children).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(children).toHaveLength(2)
    expect(supervised.restarts).toBe(1)
    children[1].die(1)
    expect(deaths[1]).toBe('exited with code 1, again in 2000')
  })

  it('that cannot be started is tried again like one that died', async () => {
    vi.useRealTimers()
    const told = Promise.withResolvers<string>()
    const supervised = new SupervisedProcess({
      launch: () => spawn('/nonexistent/program', { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }),
      onMessage: () => {},
      onDeath: (death, restartInMs) => {
        told.resolve(`${death.text}, again in ${restartInMs}`)
        return false
      },
    })
    supervised.start()
    expect(await told.promise).toBe('could not be started: spawn /nonexistent/program ENOENT, again in 1000')
    expect(supervised.running).toBe(false)
  })

  it('is heard to its last word before its death is told', () => {
    const told: string[] = []
    const child = new FakeChild()
    const supervised = new SupervisedProcess({
      launch: () => child as unknown as ChildProcess,
      onMessage: (message) => told.push(message as string),
      onDeath: (death) => {
        told.push(death.text)
        return false
      },
    })
    supervised.start()
    child.emit('exit', 0, null)
    child.emit('message', 'the last word')
    child.die(0)
    expect(told).toEqual(['the last word', 'exited with code 0'])
  })

  it('stays dead if its owner says so', () => {
    const { children } = setUp(false)
    children[0].die(1)
    vi.advanceTimersByTime(60_000)
    expect(children).toHaveLength(1)
  })

  it('that goes when asked is neither killed nor started again', async () => {
    const { supervised, children, deaths } = setUp()
    const stopped = supervised.stop(5_000, (child) => child.kill('SIGINT'))
    children[0].die(0)
    expect((await stopped)?.exitCode).toBe(0)
    vi.advanceTimersByTime(60_000)
    expect(children[0].signals).toEqual(['SIGINT'])
    expect(children).toHaveLength(1)
    expect(deaths).toEqual([])
  })

  it('may be stopped twice', async () => {
    const { supervised, children } = setUp()
    const stopped = Promise.all([supervised.stop(5_000), supervised.stop(5_000)])
    children[0].die(0)
    expect((await stopped).map((death) => death?.exitCode)).toEqual([0, 0])
  })

  it('that does not go is terminated after the grace and killed in the end', async () => {
    const { supervised, children } = setUp()
    const stopped = supervised.stop(5_000, () => {})
    vi.advanceTimersByTime(5_000)
    expect(children[0].signals).toEqual(['SIGTERM'])
    vi.advanceTimersByTime(2_000)
    expect(children[0].signals).toEqual(['SIGTERM', 'SIGKILL'])
    children[0].die(null, 'SIGKILL')
    expect((await stopped)?.text).toBe('was killed by SIGKILL')
  })

  it('that waits for its restart is not started any more once stopped', async () => {
    const { supervised, children } = setUp()
    children[0].die(1)
    expect(await supervised.stop(5_000)).toBeUndefined()
    vi.advanceTimersByTime(60_000)
    expect(children).toHaveLength(1)
  })
})
