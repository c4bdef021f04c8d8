/**
 * Messages to bytes and back, in both encodings, driven by the message table. This is the readable and complete codec:
 * clients use it for everything, the engine for whatever is not on the path of an order (see order-entry-codec.ts and
 * event-codec.ts for that). Whatever it returns has been checked field by field.
 */
import { Packr, Unpackr } from 'msgpackr'
import type { ErrorName } from './errors.ts'
import {
  type EnumerationName,
  enumerations,
  type FieldDefinition,
  type FieldType,
  type Message,
  type MessageName,
  messageNameOf,
  messages,
  type OutgoingMessage,
  type RowName,
  rows,
  subprotocols,
} from './messages.ts'

/** A frame or message that breaks the protocol. `field` names the field concerned, if one is. */
export class ProtocolError extends Error {
  readonly code: ErrorName
  readonly field: string
  readonly ref: number

  constructor(code: ErrorName, text: string, field = 'none', ref = 0) {
    super(text)
    this.code = code
    this.field = field
    this.ref = ref
  }
}

/** One encoding of the protocol. A frame holds one or more messages. */
export interface Codec {
  readonly subprotocol: string
  /** Encodes the messages into one frame. The result is the caller's. */
  encode(...messages: OutgoingMessage[]): Uint8Array | string
  /**
   * Decodes every message of a frame.
   * @throws ProtocolError malformedFrame, unknownMessage or invalidField
   */
  decode(frame: Uint8Array | string): Message[]
}

const packr = new Packr({ useRecords: false })
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' })

/** The MessagePack form of a message: its number, then its fields in order. Defaults at the end are left out. */
export function toArray(message: OutgoingMessage): unknown[] {
  const { number, fields } = messages[message.type]
  return addWireFields(fields, message as unknown as Record<string, unknown>, [number])
}

/** The inverse of `toArray`. Missing trailing fields take their defaults. */
export function fromArray(array: unknown): Message {
  if (!Array.isArray(array))
    throw new ProtocolError('malformedFrame', 'a message is an array that begins with its number')
  const name = typeof array[0] === 'number' ? messageNameOf[array[0]] : undefined
  if (name === undefined)
    throw new ProtocolError('unknownMessage', `no message has the number ${show(array[0])}`, 'type')
  const fields: readonly FieldDefinition[] = messages[name].fields
  if (array.length > fields.length + 1) {
    const ref = refIn(fields, array[1])
    throw new ProtocolError('invalidField', `${name} has ${fields.length} fields, not ${array.length - 1}`, 'none', ref)
  }
  return build(name, fields, (_, index) => array[index + 1], fromWire)
}

/** The inverse of writing a message as JSON: every field of the table by name, no others. */
export function fromObject(object: unknown): Message {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw new ProtocolError('malformedFrame', 'a message is an object with a type')
  }
  const values = object as Record<string, unknown>
  const name = values.type as MessageName
  if (typeof name !== 'string' || !Object.hasOwn(messages, name)) {
    throw new ProtocolError('unknownMessage', `no message has the type ${show(name)}`, 'type')
  }
  const fields: readonly FieldDefinition[] = messages[name].fields
  for (const key of Object.keys(values)) {
    if (key !== 'type' && !fields.some((field) => field.name === key)) {
      const ref = refIn(fields, values.ref)
      throw new ProtocolError('invalidField', `${name} has no field ${show(key)}`, 'none', ref)
    }
  }
  const read = (field: FieldDefinition) => (Object.hasOwn(values, field.name) ? values[field.name] : undefined)
  return build(name, fields, read, fromJson)
}

/** What an error about the whole message names as its ref; a command has it first. */
function refIn(fields: readonly FieldDefinition[], first: unknown): number {
  const [field] = fields
  return field?.name === 'ref' ? ((scalar(field.type, first) as number | undefined) ?? 0) : 0
}

function build(
  name: MessageName,
  fields: readonly FieldDefinition[],
  read: (field: FieldDefinition, index: number) => unknown,
  convert: (type: FieldType, value: unknown) => unknown,
): Message {
  const message: Record<string, unknown> = { type: name }
  fields.forEach((field, index) => {
    const given = read(field, index)
    const absent = given === undefined || given === null
    const value = absent ? field.default : (excess(field, given) ?? convert(field.type, given))
    if (value === undefined || value instanceof ValueProblem) {
      const ref = typeof message.ref === 'number' ? message.ref : 0
      const problem = value?.text ?? (absent ? 'is missing' : `cannot be ${show(given)}`)
      throw new ProtocolError('invalidField', `${name}.${field.name} ${problem}`, field.name, ref)
    }
    message[field.name] = value
  })
  return message as unknown as Message
}

/** What is wrong with a value that its type alone would let pass, for the error text of its field. */
class ValueProblem {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What is too much about a value, if anything is. */
function excess({ max }: FieldDefinition, value: unknown): ValueProblem | undefined {
  if (max === undefined) return undefined
  if (Array.isArray(value) && value.length > max) {
    return new ValueProblem(`has ${value.length} rows, ${max} are allowed`)
  }
  return typeof value === 'number' && value > max
    ? new ValueProblem(`is ${value}, at most ${max} is allowed`)
    : undefined
}

/** Adds the values of fields or columns in order, without those at the end that have their defaults. */
function addWireFields(fields: readonly FieldDefinition[], values: Record<string, unknown>, to: unknown[]): unknown[] {
  let length = fields.length
  while (length > 0 && isDefault(fields[length - 1], values[fields[length - 1].name])) length--
  for (let index = 0; index < length; index++) {
    const field = fields[index]
    to.push(toWire(field.type, values[field.name] ?? field.default))
  }
  return to
}

function isDefault(field: FieldDefinition, value: unknown): boolean {
  return field.default !== undefined && (value ?? field.default) === field.default
}

function toWire(type: FieldType, value: unknown): unknown {
  if (type === 'uint' || type === 'int') {
    // msgpackr would write a large number as a float; other languages want integers to be integers.
    return Number(value) > 0xffffffff || Number(value) < -0x80000000 ? BigInt(value as number) : value
  }
  if (type === 'string' || type === 'boolean') return value
  if (isList(type)) {
    const columns = rows[rowName(type)]
    return (value as Record<string, unknown>[]).map((row) => addWireFields(columns, row, []))
  }
  return (enumerations[type] as Record<string, number>)[value as string]
}

/** Undefined where the value does not fit the type, or a ValueProblem. */
function fromWire(type: FieldType, value: unknown): unknown {
  if (isList(type)) return readRows(type, value, readArrayRow)
  return isEnumeration(type) ? nameOfValue[type].get(value as number) : scalar(type, value)
}

function fromJson(type: FieldType, value: unknown): unknown {
  if (isList(type)) return readRows(type, value, readObjectRow)
  if (!isEnumeration(type)) return scalar(type, value)
  return typeof value === 'string' && Object.hasOwn(enumerations[type], value) ? value : undefined
}

type Columns = readonly FieldDefinition[]

function readRows(
  type: `list:${RowName}`,
  value: unknown,
  readRow: (columns: Columns, row: unknown) => Record<string, unknown> | ValueProblem,
): unknown {
  if (!Array.isArray(value)) return undefined
  const columns = rows[rowName(type)]
  const list: Record<string, unknown>[] = []
  for (const item of value) {
    const row = readRow(columns, item)
    if (row instanceof ValueProblem) return row
    list.push(row)
  }
  return list
}

function readArrayRow(columns: Columns, row: unknown): Record<string, unknown> | ValueProblem {
  if (!Array.isArray(row) || row.length > columns.length) {
    return new ValueProblem(`has a row that is not an array of at most ${columns.length} columns`)
  }
  return readColumns(columns, (_, index) => row[index], fromWire)
}

function readObjectRow(columns: Columns, row: unknown): Record<string, unknown> | ValueProblem {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    return new ValueProblem('has a row that is not an object')
  }
  for (const key of Object.keys(row)) {
    if (!columns.some(({ name }) => name === key))
      return new ValueProblem(`has a row with ${show(key)}, which is no column`)
  }
  const values = row as Record<string, unknown>
  return readColumns(columns, ({ name }) => (Object.hasOwn(values, name) ? values[name] : undefined), fromJson)
}

function readColumns(
  columns: Columns,
  read: (column: FieldDefinition, index: number) => unknown,
  convert: (type: FieldType, value: unknown) => unknown,
): Record<string, unknown> | ValueProblem {
  const row: Record<string, unknown> = {}
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index]
    const given = read(column, index)
    const value = given === undefined || given === null ? column.default : convert(column.type, given)
    if (value === undefined) return new ValueProblem(`has a row whose ${column.name} is missing or invalid`)
    row[column.name] = value
  }
  return row
}

function scalar(type: FieldType, value: unknown): unknown {
  switch (type) {
    case 'uint':
      return Number.isSafeInteger(value) && (value as number) >= 0 ? value : undefined
    case 'int':
      return Number.isSafeInteger(value) ? value : undefined
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    default:
      return typeof value === 'string' ? value : undefined
  }
}

function isList(type: FieldType): type is `list:${RowName}` {
  return type.startsWith('list:')
}

function isEnumeration(type: FieldType): type is EnumerationName {
  return Object.hasOwn(enumerations, type)
}

function rowName(type: `list:${RowName}`): RowName {
  return type.slice('list:'.length) as RowName
}

const nameOfValue = Object.fromEntries(
  Object.entries(enumerations).map(([name, values]) => [
    name,
    new Map(Object.entries(values).map(([key, value]) => [value as number, key])),
  ]),
) as Record<EnumerationName, Map<number, string>>

/** A value for an error text: short, and never a whole frame. */
function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  const text = typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? String(value))
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

/** One message in MessagePack. */
export function encodeMessagePack(message: OutgoingMessage): Uint8Array {
  return packr.pack(toArray(message))
}

/** One message in MessagePack, filling `bytes` exactly. */
export function decodeMessagePack(bytes: Uint8Array): Message {
  let array: unknown
  try {
    array = unpackr.unpack(bytes)
  } catch (error) {
    throw new ProtocolError('malformedFrame', `not MessagePack: ${(error as Error).message}`)
  }
  return fromArray(array)
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

export const messagePackCodec: Codec = {
  subprotocol: subprotocols.msgpack,
  encode(...list) {
    if (list.length === 1) return encodeMessagePack(list[0])
    return concatenate(list.map(encodeMessagePack))
  },
  decode(frame) {
    if (typeof frame === 'string') throw new ProtocolError('malformedFrame', 'MessagePack frames are binary')
    let arrays: unknown[]
    try {
      arrays = unpackr.unpackMultiple(frame) as unknown[]
    } catch (error) {
      throw new ProtocolError('malformedFrame', `not MessagePack: ${(error as Error).message}`)
    }
    return arrays.map(fromArray)
  },
}

/** One message in JSON. */
export function decodeJson(text: string): Message {
  let object: unknown
  try {
    object = JSON.parse(text)
  } catch (error) {
    throw new ProtocolError('malformedFrame', `not JSON: ${(error as Error).message}`)
  }
  return fromObject(object)
}

export const jsonCodec: Codec = {
  subprotocol: subprotocols.json,
  encode(...list) {
    return list.map((message) => JSON.stringify(message)).join('\n')
  },
  decode(frame) {
    const text = typeof frame === 'string' ? frame : new TextDecoder().decode(frame)
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map(decodeJson)
  },
}

export const codecs = { msgpack: messagePackCodec, json: jsonCodec } as const
