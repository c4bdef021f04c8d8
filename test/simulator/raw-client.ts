/**
 * A client that speaks the protocol by hand and abuses it: sends every message up to five times, also those of connections
 * long gone, with content changed under the same ref, without waiting for anything, on two connections at once, and now and
 * then what is no message at all. Nothing that it does may have more than one effect.
 */
import type { RandomSource } from '../../bots/runtime/random.ts'
import type { WebSocketLike } from '../../protocol/client/index.ts'
import { codecs, encodeMessagePack } from '../../protocol/codec.ts'
import { logonText, type Message, type OutgoingMessage, subprotocols } from '../../protocol/messages.ts'
import type { SessionIdentity } from './exchange-setup.ts'
import { drawWish } from './requests.ts'
import type { World } from './trader.ts'
import { VirtualProcess } from './virtual-process.ts'

const mostSendings = 5
const rememberedMessages = 40
const floodOneIn = 100
const floodMessages = 250
const rememberedOrders = 10
const heartbeatEveryUs = 900_000

export class RawClient {
  private readonly world: World
  private readonly random: RandomSource
  private readonly identity: SessionIdentity
  private readonly process: VirtualProcess
  private readonly sockets = new Set<WebSocketLike>()
  /** Where requests go; the newest connection that has the session. */
  private live: WebSocketLike | undefined
  private lastRef = 0
  private nextEvent = 1
  private orders: number[] = []
  /** Messages that were sent, some of them ages ago. */
  private readonly messages: Uint8Array[] = []
  private isActive = true

  constructor(world: World, identity: SessionIdentity, actEveryUs: number) {
    this.world = world
    this.random = world.random
    this.identity = identity
    this.process = new VirtualProcess(world.time, world.random, world.wall)
    this.connect()
    this.plan(actEveryUs)
    world.time.every(heartbeatEveryUs, () => this.live?.send(codecs.msgpack.encode({ type: 'heartbeat' })))
  }

  /** Goes, without a word. The engine has to find that out. */
  settle(): void {
    this.isActive = false
    this.process.kill()
    this.world.network.clientDied(this.process)
    this.live = undefined
  }

  readonly isSettled = true

  whatIsMissing(): string | undefined {
    const { session } = this.identity
    const isConnected = this.world.oracle.reference.exchange.session(session)?.connected
    return isConnected ? `session ${session} is gone, but counts as connected` : undefined
  }

  describe(): string {
    return `session ${this.identity.session} is gone`
  }

  finish(): void {}

  private plan(actEveryUs: number): void {
    this.world.time.after(this.random.exponential(actEveryUs), () => {
      if (!this.isActive) return
      this.act()
      this.plan(actEveryUs)
    })
  }

  private act(): void {
    const { random } = this
    const draw = random.integerBelow(100)
    if (this.sockets.size === 0 || (draw < 3 && this.sockets.size < 3)) this.connect()
    else if (draw < 5) random.pick([...this.sockets]).close()
    else if (draw < 7) this.babble(random.pick([...this.sockets]))
    else if (draw < 30) this.repeat(random.pick([...this.sockets]))
    else if (draw < 34) this.ask()
    else if (random.integerBelow(floodOneIn) === 0) this.flood()
    else this.request()
  }

  private connect(): void {
    const socket = this.world.network.connect(this.process, this.identity.session, subprotocols.msgpack)
    this.sockets.add(socket)
    socket.onmessage = ({ data }) => this.receive(socket, new Uint8Array(data as ArrayBuffer))
    const forget = () => {
      this.sockets.delete(socket)
      if (this.live === socket) this.live = undefined
    }
    socket.onclose = forget
    const { close } = socket
    socket.close = () => {
      forget()
      close()
    }
  }

  private receive(socket: WebSocketLike, frame: Uint8Array): void {
    for (const message of codecs.msgpack.decode(frame)) {
      if (message.type === 'challenge') this.logOn(socket, message)
      else if (message.type === 'logonResult') {
        this.live = socket
        this.lastRef = Math.max(this.lastRef, message.lastRef)
      } else if ('eventNumber' in message) this.nextEvent = message.eventNumber + 1
    }
  }

  private logOn(socket: WebSocketLike, { nonce }: Message<'challenge'>): void {
    const { participantName: participant, name: session } = this.identity
    const [, ...signed] = logonText(nonce, participant, session).split('\n')
    // Sometimes a wrong one.
    const signature = this.random.integerBelow(20) === 0 ? 'wrong' : signed.join(' ')
    const nextEvent = this.random.pick([0, 1, this.nextEvent, this.nextEvent, Math.max(1, this.nextEvent - 3)])
    const cancelOnDisconnect = this.random.integerBelow(2) === 0
    const logon = { type: 'logon', participant, session, signature, cancelOnDisconnect, nextEvent } as const
    socket.send(codecs.msgpack.encode({ ...logon, heartbeatIntervalMs: 4_000 }))
    // The session is not open yet.
    if (this.random.integerBelow(6) === 0) this.repeat(socket)
  }

  private request(): void {
    const { random, world } = this
    if (this.live === undefined) return
    this.lastRef += 1 + (random.integerBelow(5) === 0 ? random.integerBelow(3) : 0)
    const ref = this.lastRef
    const wish = drawWish(random, this.orders, 1_791_211_200_000_000 + world.time.nowUs, false)
    if (wish.type === 'newOrder') this.orders = [...this.orders, ref].slice(-rememberedOrders)
    const message = encodeMessagePack({ ...wish, ref } as OutgoingMessage)
    this.remember(message)
    // The same ref with another content: the first that arrives counts.
    if (random.integerBelow(10) === 0) {
      const other = drawWish(random, this.orders, 1_791_211_200_000_000 + world.time.nowUs, false)
      this.remember(encodeMessagePack({ ...other, ref } as OutgoingMessage))
    }
    this.sendCopies(this.live, message)
  }

  /** More in one frame than a segment of the log holds. */
  private flood(): void {
    const messages: Uint8Array[] = []
    for (let count = 0; count < floodMessages; count += 1) {
      this.lastRef += 1
      const wish = drawWish(this.random, this.orders, 0, false)
      messages.push(encodeMessagePack({ ...wish, ref: this.lastRef } as OutgoingMessage))
    }
    this.live?.send(Buffer.concat(messages))
  }

  private repeat(socket: WebSocketLike): void {
    if (this.messages.length > 0) this.sendCopies(socket, this.random.pick(this.messages))
  }

  /** One to five times, in one frame or several. */
  private sendCopies(socket: WebSocketLike, message: Uint8Array): void {
    const copies = 1 + this.random.integerBelow(mostSendings)
    if (this.random.integerBelow(2) === 0) {
      for (let copy = 0; copy < copies; copy += 1) socket.send(message)
    } else {
      const between = this.messages.length > 0 ? this.random.pick(this.messages) : message
      socket.send(Buffer.concat([...Array.from({ length: copies }, () => message), between, message]))
    }
  }

  private ask(): void {
    const queries = [
      { type: 'queryOpenOrders' },
      { type: 'queryPositions' },
      { type: 'queryOrder', orderRef: this.orders.at(-1) ?? 1 },
      { type: 'subscribeDropCopy', sessions: [] },
      { type: 'subscribe', channel: 'top', instrument: 0 },
      { type: 'queryObligations' },
    ] as const
    this.live?.send(codecs.msgpack.encode(this.random.pick(queries)))
  }

  private babble(socket: WebSocketLike): void {
    const bytes = Uint8Array.from({ length: 1 + this.random.integerBelow(40) }, () => this.random.integerBelow(256))
    socket.send(this.random.integerBelow(4) === 0 ? 'text' : bytes)
  }

  private remember(message: Uint8Array): void {
    this.messages.push(message)
    if (this.messages.length > rememberedMessages) this.messages.splice(this.random.integerBelow(20), 1)
  }
}
