import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { subprotocols } from '../../protocol/messages.ts'
import { EngineProcess } from '../support/engine-process.ts'

const engines: EngineProcess[] = []

afterEach(async () => {
  for (const engine of engines) await engine.clean()
})

function engineOn(port: number): EngineProcess {
  const engine = new EngineProcess({ parameters: ['--port', port.toString()] })
  engines.push(engine)
  return engine
}

it('the port of a killed engine can be taken at once, though its connections linger; one that is listened on cannot', async () => {
  const killed = engineOn(0)
  await killed.start()
  const client = new WebSocket(killed.url, subprotocols.json)
  await once(client, 'message')
  const closed = once(client, 'close')
  await killed.kill()
  await closed

  const next = engineOn(killed.port)
  await next.start()
  expect(next.port).toBe(killed.port)

  const refusal = `cannot listen on 127.0.0.1:${killed.port}: another process listens there`
  await expect(engineOn(killed.port).start()).rejects.toThrow(refusal)
})
