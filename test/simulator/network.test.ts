import { describe, expect, it } from 'vitest'
import { RandomSource } from '../../bots/runtime/random.ts'
import type { Socket } from '../../engine/gateway/transport.ts'
import { limits } from '../../protocol/limits.ts'
import { subprotocols } from '../../protocol/messages.ts'
import { calmNetwork } from './faults.ts'
import { Listener, type NetworkConditions, SimulatedNetwork } from './network.ts'
import { Trace } from './trace.ts'
import { VirtualProcess } from './virtual-process.ts'
import { VirtualTime } from './virtual-time.ts'

/** One client connected to an engine that notes what it gets. */
async function connected(conditions: Partial<NetworkConditions> = {}) {
  const time = new VirtualTime((error) => {
    throw error
  })
  const random = new RandomSource(7)
  const tap = { fromEngine: () => {}, published: () => {}, fromClient: () => {} }
  const all = { ...calmNetwork, ...conditions }
  const network = new SimulatedNetwork(time, random, all, new Trace(time, false), tap)
  const process = () => new VirtualProcess(time, random, { offsetUs: 0 })
  const listener = new Listener(process(), tap)
  const atEngine: string[] = []
  const engine: { socket?: Socket } = {}
  listener.handlers = {
    opened: (socket) => {
      engine.socket = socket
    },
    received: (_, bytes) => atEngine.push(Buffer.from(bytes).toString()),
    writable: () => {},
    dropped: () => atEngine.push('dropped'),
    closed: () => atEngine.push('closed'),
    health: () => {},
  }
  network.listener = listener
  const clientProcess = process()
  const client = network.connect(clientProcess, 1, subprotocols.json)
  const atClient: string[] = []
  client.onopen = () => atClient.push('open')
  client.onmessage = ({ data }) => atClient.push(data as string)
  client.onclose = ({ code, reason }) => atClient.push(`closed ${code} ${reason}`.trim())
  const pass = (seconds: number) => time.run(() => false, time.nowUs + seconds * 1e6)
  await pass(1)
  const [wire] = network.wires
  return { network, listener, clientProcess, client, wire, socket: engine.socket!, atClient, atEngine, pass }
}

describe('a connection', () => {
  it('carries frames both ways, each after a while, in the order in which they were sent', async () => {
    const { client, socket, atClient, atEngine, pass } = await connected({ delayUs: [100, 50_000] })
    for (let number = 1; number <= 20; number += 1) {
      client.send(`c${number}`)
      socket.send(`e${number}`)
    }
    expect(atEngine).toEqual([])
    await pass(2)
    const numbers = Array.from({ length: 20 }, (_, index) => index + 1)
    expect(atEngine).toEqual(numbers.map((number) => `c${number}`))
    expect(atClient).toEqual(['open', ...numbers.map((number) => `e${number}`)])
  })

  it('loses what is under way when it is cut, and both sides hear of it', async () => {
    const { client, socket, wire, atClient, atEngine, pass } = await connected()
    client.send('lost')
    socket.send('lost')
    wire.cut()
    await pass(3)
    expect([atClient, atEngine]).toEqual([['open', 'closed 1006'], ['closed']])
  })

  it('loses frames when it is silenced, and nobody hears of it', async () => {
    const { client, socket, wire, atClient, atEngine, pass } = await connected()
    for (let time = 0; time < 20; time += 1) wire.silence()
    client.send('lost')
    socket.send('lost')
    await pass(60)
    expect([atClient, atEngine]).toEqual([['open'], []])
  })

  it('tells the client after all frames why the engine ended it', async () => {
    const { socket, atClient, atEngine, pass } = await connected()
    socket.send('last words')
    socket.end(4_001, 'enough')
    socket.send('too late')
    expect(atEngine).toEqual(['closed'])
    await pass(1)
    expect(atClient).toEqual(['open', 'last words', 'closed 4001 enough'])
  })

  it('drops what is sent to a client that has too much unread already', async () => {
    const { socket, atEngine } = await connected({ bytesCountAs: limits.maxUnsentBytes })
    socket.send('ab')
    expect(socket.unsentBytes()).toBe(2 * limits.maxUnsentBytes)
    socket.send('c')
    expect(atEngine).toEqual(['dropped'])
  })

  it('ends for the engine when the process of the client dies, after what that had sent', async () => {
    const { network, client, clientProcess, atEngine, pass } = await connected()
    client.send('sent')
    clientProcess.kill()
    network.clientDied(clientProcess)
    client.send('never')
    await pass(1)
    expect(atEngine).toEqual(['sent', 'closed'])
  })

  it('is refused where nobody listens', async () => {
    const { network, listener, clientProcess, pass } = await connected()
    listener.stopListening()
    const client = network.connect(clientProcess, 1, subprotocols.json)
    const told: string[] = []
    client.onopen = () => told.push('open')
    client.onclose = ({ code }) => told.push(`closed ${code}`)
    await pass(1)
    expect(told).toEqual(['closed 1006'])
  })
})
