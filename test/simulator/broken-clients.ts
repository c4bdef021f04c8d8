/** Client sessions that are broken on purpose, each in one way, to see that the simulation notices. */
import { ClientSession, type SessionOptions, type WebSocketLike } from '../../protocol/client/index.ts'
import { messagePackCodec } from '../../protocol/codec.ts'
import type { Message, OutgoingMessage } from '../../protocol/messages.ts'
import type { MakeSession } from './trader.ts'

/** Options with connections that make something else of commands that were sent before, over another connection. */
function withResends(
  options: SessionOptions,
  change: (command: Message & { ref: number }) => Message[],
): SessionOptions {
  const { codec = messagePackCodec } = options
  const sentOn = new Map<number, WebSocketLike>()
  const openWebSocket = (url: string, subprotocol: string) => {
    const socket = options.openWebSocket(url, subprotocol)
    const { send } = socket
    socket.send = (data) => {
      const messages = codec.decode(data).flatMap((message) => {
        if (!('ref' in message)) return [message]
        const before = sentOn.get(message.ref)
        sentOn.set(message.ref, socket)
        return before === undefined || before === socket ? [message] : change(message)
      })
      if (messages.length > 0) send(codec.encode(...(messages as OutgoingMessage[])))
    }
    return socket
  }
  return { ...options, openWebSocket }
}

/** Sends what has no answer as if it had never been sent. */
export const resendsUnderNewRefs: MakeSession = (options, handlers) => {
  let extraRefs = 0
  const renamed = withResends(options, (command) => {
    extraRefs += 1
    return [{ ...command, ref: command.ref + 10_000 + extraRefs }]
  })
  return new ClientSession(renamed, handlers)
}

export const forgetsToResend: MakeSession = (options, handlers) =>
  new ClientSession(
    withResends(options, () => []),
    handlers,
  )

/** Asks for one event too few when it comes back. */
export const asksTooLate: MakeSession = (options, handlers) => {
  const { nextEvent } = options
  return new ClientSession(nextEvent === undefined ? options : { ...options, nextEvent: nextEvent + 1 }, handlers)
}

/** Tells what came of a request once more after each lost connection. */
export const answersTwice: MakeSession = (options, handlers) => {
  let tell = () => {}
  return new ClientSession(options, {
    ...handlers,
    onAnswer: (...answer) => {
      tell = () => handlers.onAnswer?.(...answer)
      handlers.onAnswer?.(...answer)
    },
    onState: (state, reason) => {
      if (state === 'disconnected') tell()
      handlers.onState?.(state, reason)
    },
  })
}
