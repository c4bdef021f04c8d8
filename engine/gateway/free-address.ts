/**
 * Whether an address can be listened on, asked of the operating system before uWebSockets.js listens on it.
 *
 * uWebSockets.js knows two ways to listen: sharing a busy port with another process unnoticed, or exclusively, and then not
 * within a minute of a crash either, as long as the dead engine's connections linger in TIME_WAIT. This check and the
 * first way together do what is wanted: a port that someone listens on is refused, lingering connections do not matter.
 */
import { createServer } from 'node:net'
import { ListenError } from './transport.ts'

const advice: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there; stop it or choose another --port',
  EACCES: 'this user may not; choose a --port from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address; choose another --host',
  ENOTFOUND: 'there is no such host; choose another --host',
}

/** @throws ListenError that says why not and what to do */
export async function requireFreeAddress(host: string, port: number): Promise<void> {
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
  await new Promise((resolve) => server.close(resolve))
}
