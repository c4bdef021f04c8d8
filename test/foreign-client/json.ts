/** The JSON encoding, from section 2 of protocol/README.md. */
import type { Encoding, Fields } from './client.ts'

export const json: Encoding = {
  subprotocol: 'tradefloor.v1.json',
  encode: (messages) => messages.map((message) => JSON.stringify(message)).join('\n'),
  decode: (frame) =>
    frame
      .toString()
      .split('\n')
      .map((line) => JSON.parse(line) as Fields),
}
