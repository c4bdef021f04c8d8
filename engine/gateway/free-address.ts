/**
 * Finds out from the operating system whether an address can be listened on, before uWebSockets.js does: it says why not,
 * and it turns port 0 into the number of a free port.
 *
 * The number matters: uWebSockets.js sets SO_REUSEADDR only for a stated port, and without it the port of a killed engine
 * could not be taken again as long as the dead engine's connections linger in TIME_WAIT, a minute or so.
 */
import { type AddressInfo, createServer } from 'node:net'
import { ListenError } from './transport.ts'

const advice: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there; stop it or choose another --port',
  EACCES: 'this user may not; choose a --port from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address; choose another --host',
  ENOTFOUND: 'there is no such host; choose another --host',
}

/**
 * Returns the port, which is free at this moment; any free one for port 0.
 * @throws ListenError that says why the address cannot be listened on and what to do
 */
export async function findFreePort(host: string, port: number): Promise<number> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, exclusive: true }, resolve)
    })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new ListenError(`cannot listen on ${host}:${port}: ${advice[code ?? ''] ?? message}`)
  }
  const free = (server.address() as AddressInfo).port
  await new Promise((resolve) => server.close(resolve))
  return free
}
