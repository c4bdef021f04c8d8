/** Starts the echo server. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { encodeMessagePack } from '../../protocol/codec.ts'
import type { Processes } from '../processes.ts'

const script = fileURLToPath(new URL('../echo-server.ts', import.meta.url))

/** What the echo server answers: as many bytes as the engine's answer to a new order, in the middle of a long run. */
export const echoAnswerBytes = encodeMessagePack({
  type: 'accepted',
  eventNumber: 100_000,
  sequence: 1_000_000,
  engineTimeUs: 1_700_000_000_000_000,
  ref: 100_000,
  orderId: 500_000,
  instrument: 1,
  side: 'buy',
  orderType: 'limit',
  timeInForce: 'goodTillCancel',
  quantityLots: 50,
  priceTicks: 10_000,
}).length

export class EchoProcess {
  readonly pid: number
  readonly port: number

  private constructor(pid: number, port: number) {
    this.pid = pid
    this.port = port
  }

  static async start(processes: Processes): Promise<EchoProcess> {
    const child = processes.start('the echo server', 'server', [script, String(echoAnswerBytes)])
    const [message] = await once(child, 'message')
    return new EchoProcess(child.pid as number, (message as { readonly port: number }).port)
  }
}
