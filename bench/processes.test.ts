import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { Processes } from './processes.ts'

const waitsForever = 'setInterval(() => {}, 1000); process.send("started")'

describe('processes', () => {
  let processes: Processes
  afterEach(() => processes.stop())

  it('are gone once they are stopped, and their end is no failure then', async () => {
    processes = new Processes()
    const children = [1, 2].map((number) => processes.start(`process ${number}`, 'server', ['-e', waitsForever]))
    await Promise.all(children.map((child) => once(child, 'message')))
    await processes.stop()
    expect(children.map((child) => child.exitCode ?? child.signalCode)).toEqual(['SIGTERM', 'SIGTERM'])
    await expect(Promise.race([processes.failure, Promise.resolve('none')])).resolves.toBe('none')
  })

  it('that were told to end fail nothing, killed or not, and after a stop none is started', async () => {
    processes = new Processes()
    const child = processes.start('process', 'server', ['-e', waitsForever])
    await once(child, 'message')
    await processes.end(child, 'SIGKILL')
    expect(child.signalCode).toBe('SIGKILL')
    await processes.end(child)
    await expect(Promise.race([processes.failure, Promise.resolve('none')])).resolves.toBe('none')
    await processes.stop()
    expect(() => processes.start('another', 'server', ['-e', waitsForever])).toThrow('the run is over')
  })

  it('that end by themselves fail the run with their own words', async () => {
    processes = new Processes()
    processes.start('the server', 'server', ['-e', 'console.error("port 1 is taken"); process.exit(1)'])
    await expect(processes.failure).rejects.toThrow('the server ended by itself: port 1 is taken')
  })
})
