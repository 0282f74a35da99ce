// Reads a file of people, line by line: JSON or CSV, each line checked by itself. What is wrong is told by line and field, never by
// value: the file is full of secrets.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { readLegacyHash } from '../../src/login/password/legacy/read.ts'
import { emailAddress } from '../../src/users/email-address.ts'

export const formats = ['jsonl', 'csv'] as const
export type Format = (typeof formats)[number]

const passwordHash = z.string().superRefine((hash, context) => {
  const read = readLegacyHash(hash)
  if (!read.ok) context.addIssue({ code: 'custom', message: read.problem })
})

const userLine = z.strictObject({
  email: emailAddress,
  password_hash: passwordHash.nullish(),
  name: z.string().max(200, 'too long').nullish(),
  email_verified: z.boolean('true or false').nullish(),
  roles: z.array(z.string().regex(/^[\w:.-]{1,64}$/, 'a role’s name')).nullish(),
})

export type UserLine = z.output<typeof userLine>

export type ReadLine =
  | { readonly line: number; readonly user: UserLine }
  | { readonly line: number; readonly problem: string }

/** The same address twice is a mistake of the file: which of the two is right, nobody here can say. */
export async function* readUsers(file: string, format: Format): AsyncGenerator<ReadLine> {
  const seen = new Map<string, number>()
  for await (const { line, value } of format === 'csv' ? csvRecords(file) : jsonRecords(file)) {
    const parsed = userLine.safeParse(value)
    if (!parsed.success) {
      yield { line, problem: parsed.error.issues.map(sentence).join('; ') }
      continue
    }
    const before = seen.get(parsed.data.email)
    seen.set(parsed.data.email, line)
    yield before === undefined ? { line, user: parsed.data } : { line, problem: `the address of line ${before} again` }
  }
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `unknown field ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`
  const field = issue.path.join('.')
  return field === '' ? 'not an object' : `${field}: ${issue.message}`
}

interface Found {
  readonly line: number
  readonly value: unknown
}

const linesOf = (file: string): AsyncIterable<string> =>
  createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })

async function* jsonRecords(file: string): AsyncGenerator<Found> {
  let line = 0
  for await (const text of linesOf(file)) {
    line += 1
    if (text.trim() !== '') yield { line, value: parseJson(text) }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

/** RFC 4180: a header, quotes around what holds commas, quotes or line breaks. Empty fields are not there. */
async function* csvRecords(file: string): AsyncGenerator<Found> {
  let header: readonly string[] | null = null
  let [line, startedAt, pending] = [0, 0, '']
  for await (const text of linesOf(file)) {
    line += 1
    if (pending === '') startedAt = line
    pending = pending === '' ? text : `${pending}\n${text}`
    if (pending.split('"').length % 2 === 0) continue
    const fields = csvFields(pending)
    pending = ''
    if (fields.length === 1 && fields[0] === '') continue
    if (header === null) header = fields.map((name) => name.replace(/^\uFEFF/, '').trim())
    else yield { line: startedAt, value: csvUser(header, fields) }
  }
  if (pending !== '') yield { line: startedAt, value: null }
}

function csvFields(text: string): string[] {
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  )
}

function csvUser(header: readonly string[], fields: readonly string[]): unknown {
  if (fields.length !== header.length) return null
  const given = Object.fromEntries(
    header.map((name, index) => [name, fields[index]]).filter(([, value]) => value !== ''),
  )
  const { email_verified: verified, roles, ...rest } = given as Record<string, string>
  return {
    ...rest,
    ...(verified === undefined ? {} : { email_verified: flags.get(verified.toLowerCase()) ?? verified }),
    ...(roles === undefined ? {} : { roles: roles.split(/\s+/) }),
  }
}

const flags = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])
