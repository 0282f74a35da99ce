// Does the site's own login let somebody in? By what its owner said that looks like, all of it. Pure.
import { isObject, type JsonObject } from '../../tokens/strict-json.ts'
import type { AnswerPath, OriginAccepts } from './settings.ts'

export interface OriginAnswer {
  readonly status: number
  readonly headers: Headers
  /** Null: no JSON object. */
  readonly body: JsonObject | null
}

export function isAccepted({ status, headers, body }: OriginAnswer, accepts: OriginAccepts): boolean {
  const { header, cookie, field } = accepts
  if (!accepts.status.includes(status)) return false
  if (header !== null && !(headers.get(header.name)?.includes(header.contains ?? '') ?? false)) return false
  if (cookie !== null && !headers.getSetCookie().some((line) => sets(line, cookie))) return false
  if (field === null) return true
  const value = at(body, field.path)
  return field.equals === null ? Boolean(value) : value === field.equals
}

/** A cookie that is set to nothing, or for no time at all, is one that is taken away. */
function sets(line: string, name: string): boolean {
  const [pair = '', ...attributes] = line.split(';')
  const value = pair.slice(pair.indexOf('=') + 1).trim()
  const isGone = attributes.some((attribute) => /^\s*max-age\s*=\s*"?(?:0+|-\d+)"?\s*$/i.test(attribute))
  return pair.slice(0, pair.indexOf('=')).trim() === name && value !== '' && value !== '""' && !isGone
}

export function nameIn(body: JsonObject | null, path: AnswerPath | null): string | null {
  const name = path === null ? null : at(body, path)
  return typeof name === 'string' && name.trim() !== '' && name.length <= 200 && !/\p{Cc}/u.test(name)
    ? name.normalize('NFC').trim()
    : null
}

function at(body: JsonObject | null, path: AnswerPath): unknown {
  return path.reduce<unknown>(
    (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    body,
  )
}
