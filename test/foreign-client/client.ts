/**
 * A client as somebody writes it who has protocol/README.md and nothing else: plain `ws`, an encoding of its own, no
 * import from this project. What the specification doesn't say, this client doesn't know.
 */
import { createPrivateKey, sign } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { WebSocket } from 'ws'

export type Value = number | string | boolean | Fields[]
/** A message with its name in `type`, or a row of a list. */
export interface Fields {
  [name: string]: Value
}

/** One of the two encodings of section 2. */
export interface Encoding {
  readonly subprotocol: string
  encode(messages: Fields[]): string | Uint8Array
  decode(frame: Buffer): Fields[]
}

/** Who logs on, and with which private key (PEM). */
export interface Credentials {
  readonly participant: string
  readonly session: string
  readonly privateKey: string
}

/** What logonResult was followed by until the engine had nothing more to tell. */
export interface Logon {
  readonly result: Fields
  readonly positions: Fields[]
  /** Open orders, if it was a snapshot. */
  readonly orders: Fields[]
}

const answerDeadlineMs = 5_000

export class ForeignClient {
  /** Messages that nobody took yet, in the order in which they came. */
  readonly inbox: Fields[] = []
  /** Section 6: events of a drop copy that nobody took yet, with the session that they are of in `of`. */
  readonly copies: Fields[] = []
  /** WebSocket close code and reason; undefined while open. */
  closed: { code: number; reason: string } | undefined
  private readonly socket: WebSocket
  private readonly encoding: Encoding
  /** Tells of every message, and of the end. */
  private readonly changes = new EventEmitter()

  private constructor(url: string, encoding: Encoding) {
    this.encoding = encoding
    this.socket = new WebSocket(url, encoding.subprotocol, { perMessageDeflate: false })
    this.socket.on('message', (data: Buffer) => {
      this.receive(encoding.decode(data))
      this.changes.emit('change')
    })
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() }
      this.changes.emit('change')
    })
  }

  /** The messages of one frame. */
  private receive(messages: Fields[]): void {
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index]
      if (message.type !== 'dropCopy') {
        this.inbox.push(message)
        continue
      }
      const { session, eventCount } = message as { session: string; eventCount: number }
      for (const event of messages.slice(index + 1, index + 1 + eventCount)) this.copies.push({ ...event, of: session })
      index += eventCount
    }
  }

  static async connect(url: string, encoding: Encoding): Promise<ForeignClient> {
    const client = new ForeignClient(url, encoding)
    await once(client.socket, 'open')
    return client
  }

  /** Sends the messages as one frame. */
  send(...messages: Fields[]): void {
    this.socket.send(this.encoding.encode(messages))
  }

  /** Takes the first message of this type whose fields are as given, waiting for it if need be. */
  async take(type: string, fields: Fields = {}): Promise<Fields> {
    const matches = (message: Fields) =>
      message.type === type && Object.entries(fields).every(([name, value]) => message[name] === value)
    await this.until(`${type} ${JSON.stringify(fields)}`, () => this.inbox.some(matches))
    return this.inbox.splice(this.inbox.findIndex(matches), 1)[0]
  }

  /** Sections 4 and 6: signs the challenge, and takes what belongs to the logon. */
  async logOn(credentials: Credentials, options: Fields = {}): Promise<Logon> {
    const { nonce } = await this.take('challenge')
    const { participant, session, privateKey } = credentials
    const text = `tradefloor.v1 logon\n${nonce}\n${participant}\n${session}`
    const signature = sign(null, Buffer.from(text), createPrivateKey(privateKey)).toString('base64')
    this.send({ type: 'logon', participant, session, signature, ...options })
    const result = await this.take('logonResult')
    // Answers come in order, so that whatever belongs to the logon is here when this one is.
    this.send({ type: 'listInstruments' })
    await this.until('instrumentList', () => this.inbox.some(({ type }) => type === 'instrumentList'))
    const positions = this.inbox.filter(({ type }) => type === 'position')
    for (const message of positions) this.inbox.splice(this.inbox.indexOf(message), 1)
    return { result, positions, orders: result.snapshot === true ? await this.takeOpenOrders() : [] }
  }

  /** Section 6: openOrders messages until the last. */
  async takeOpenOrders(): Promise<Fields[]> {
    const orders: Fields[] = []
    for (let last = false; !last; ) {
      const message = await this.take('openOrders')
      orders.push(...(message.orders as Fields[]))
      last = message.last as boolean
    }
    return orders
  }

  /** Takes the first copied event that nobody took yet. */
  async takeCopy(): Promise<Fields> {
    await this.until('event of a drop copy', () => this.copies.length > 0)
    return this.copies.shift()!
  }

  /** Waits until the engine has closed the connection. */
  async end(): Promise<{ code: number; reason: string }> {
    await this.until('the close', () => this.closed !== undefined)
    return this.closed!
  }

  /** Closes the connection from this side. */
  async close(): Promise<void> {
    this.socket.close()
    await this.until('the close', () => this.closed !== undefined)
  }

  private async until(what: string, isTrue: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(answerDeadlineMs)
    while (!isTrue()) {
      await once(this.changes, 'change', { signal }).catch(() => {
        throw new Error(`no ${what}; closed: ${JSON.stringify(this.closed)}, got: ${JSON.stringify(this.inbox)}`)
      })
    }
  }
}
