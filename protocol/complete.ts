/** Fills in what an outgoing message or row leaves out, so that it is as it arrives at the other side. */
import {
  type FieldDefinition,
  type Message,
  type MessageName,
  messages,
  type OutgoingMessage,
  type OutgoingRow,
  type Row,
  type RowName,
  rows,
} from './messages.ts'

/** The message with every field, rows of its lists too. */
export function completeMessage<Name extends MessageName>(message: OutgoingMessage<Name>): Message<Name> {
  const { type } = message as OutgoingMessage
  return { type, ...complete(messages[type].fields, message) } as Message<Name>
}

/** The row with every column. */
export function completeRow<Name extends RowName>(name: Name, row: OutgoingRow<Name>): Row<Name> {
  return complete(rows[name], row) as Row<Name>
}

function complete(fields: readonly FieldDefinition[], values: object): Record<string, unknown> {
  const given = values as Record<string, unknown>
  return Object.fromEntries(fields.map((field) => [field.name, completeValue(field, given[field.name])]))
}

function completeValue({ type, default: otherwise }: FieldDefinition, value: unknown): unknown {
  if (value === undefined || !type.startsWith('list:')) return value ?? otherwise
  const columns = rows[type.slice('list:'.length) as RowName]
  return (value as object[]).map((row) => complete(columns, row))
}
