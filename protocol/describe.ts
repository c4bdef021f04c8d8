/**
 * Writes the tables of README.md from the protocol's tables, so that the specification cannot say anything else than
 * the code does: `npm run describe`. Each table stands between `<!-- table: name -->` and `<!-- end -->`; the rest of
 * the text is left alone.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { errors } from './errors.ts'
import { limits } from './limits.ts'
import { enumerations, type FieldDefinition, type MessageDefinition, messages, rows } from './messages.ts'

/** Message numbers go by purpose: each range is a table of its own. */
const ranges = {
  'session messages': [1, 15],
  'order entry messages': [16, 23],
  'admin messages': [24, 31],
  'event messages': [32, 47],
  'drop copy messages': [48, 63],
  'market data messages': [64, 127],
} as const

const directions = {
  client: 'client → engine',
  engine: 'engine → client',
  both: 'both ways',
  log: 'not sent',
} as const satisfies Record<MessageDefinition['from'], string>

/** Every table by the name in its marker. */
const tables: Record<string, () => string> = {
  ...Object.fromEntries(
    Object.entries(ranges).map(([name, [first, last]]) => [name, () => describeMessages(first, last)]),
  ),
  rows: describeRows,
  enumerations: describeEnumerations,
  errors: describeErrors,
  limits: describeLimits,
}

/**
 * The given README with every marked table written anew.
 * @throws Error where a table is missing, unknown or not ended
 */
export function describe(readme: string): string {
  const written = new Set<string>()
  const result = readme.replaceAll(/<!-- table: ([\w ]+) -->\n.*?<!-- end -->/gs, (_, name: string) => {
    const table = tables[name]
    if (table === undefined) throw new Error(`README.md asks for the unknown table "${name}"`)
    written.add(name)
    return `<!-- table: ${name} -->\n\n${table()}\n\n<!-- end -->`
  })
  const missing = Object.keys(tables).filter((name) => !written.has(name))
  if (missing.length > 0) throw new Error(`README.md has no place for: ${missing.join(', ')}`)
  return result
}

function describeMessages(first: number, last: number): string {
  return Object.entries(messages)
    .filter(([, { number }]) => number >= first && number <= last)
    .map(([name, message]) => describeMessage(name, message))
    .join('\n\n')
}

function describeMessage(name: string, { number, from, about, fields }: MessageDefinition): string {
  const title = `#### ${number} \`${name}\` (${directions[from]})\n\n${about}`
  if (fields.length === 0) return `${title} It has no fields.`
  return `${title}\n\n${fieldTable(fields, 1)}`
}

/** @param first index of the first field in the MessagePack array */
function fieldTable(fields: readonly FieldDefinition[], first: number): string {
  const withDefaults = fields.some((field) => field.default !== undefined)
  const lines = fields.map((field, index) => [
    String(first + index),
    `\`${field.name}\``,
    typeName(field.type),
    ...(withDefaults ? [describeDefault(field.default)] : []),
    field.about,
  ])
  return markdownTable(['#', 'field', 'type', ...(withDefaults ? ['default'] : []), 'meaning'], lines)
}

function describeDefault(value: FieldDefinition['default']): string {
  if (value === undefined) return ''
  return value === '' ? 'empty' : `\`${value}\``
}

function describeRows(): string {
  return Object.entries(rows)
    .map(([name, columns]) => `#### \`${name}\`\n\n${fieldTable(columns, 0)}`)
    .join('\n\n')
}

function describeEnumerations(): string {
  const lines = Object.entries(enumerations)
    .filter(([name]) => name !== 'errorCode')
    .map(([name, values]) => [
      `\`${name}\``,
      Object.entries(values)
        .map(([value, number]) => `${number} \`${value}\``)
        .join(', '),
    ])
  return markdownTable(['enumeration', 'values'], lines)
}

function describeErrors(): string {
  const lines = Object.entries(errors).map(([name, { number, answer, meaning, action }]) => [
    String(number),
    `\`${name}\``,
    answer === 'close' ? `close ${4000 + number}` : answer,
    meaning,
    action,
  ])
  return markdownTable(['code', 'name', 'answer', 'meaning', 'what to do'], lines)
}

/** The meaning of a limit is the comment above it, which may stand above several. */
function describeLimits(): string {
  const source = readFileSync(path.join(import.meta.dirname, 'limits.ts'), 'utf8')
  const body = source.slice(source.indexOf('export const limits'))
  let meaning = ''
  const lines: string[][] = []
  for (const [, comment, name] of body.matchAll(/\/\*\* (.*?) \*\/|^ {2}(\w+):/gm)) {
    if (comment !== undefined) meaning = comment
    else lines.push([`\`${name}\``, limits[name as keyof typeof limits].toLocaleString('en'), meaning])
  }
  return markdownTable(['limit', 'value', 'meaning'], lines)
}

function typeName(type: FieldDefinition['type']): string {
  return type.startsWith('list:') ? `list of \`${type.slice('list:'.length)}\`` : type
}

function markdownTable(head: string[], lines: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n')
}

if (import.meta.main) {
  const file = path.join(import.meta.dirname, 'README.md')
  writeFileSync(file, describe(readFileSync(file, 'utf8')))
}
