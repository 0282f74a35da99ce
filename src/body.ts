// What a request to the gateway's own paths carries: JSON from programs, a form from pages, bounded before it is parsed.
import type { z } from 'zod'
import { GatewayError } from './errors.ts'

export interface OwnBody {
  readonly kind: 'json' | 'form' | 'none'
  readonly fields: Readonly<Record<string, unknown>>
  /** The form field; programs send the header. */
  readonly csrfToken: string | null
  /** A field came more than once: which one counts would be anybody's guess. */
  readonly hasRepeats: boolean
}

const longest = 64 * 1024
export const noBody: OwnBody = { kind: 'none', fields: {}, csrfToken: null, hasRepeats: false }

export async function readBody(request: Request): Promise<OwnBody> {
  if (request.body === null || request.method === 'GET' || request.method === 'HEAD') return noBody
  const text = await readText(request)
  if (text === '') return noBody
  const mediaType = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (mediaType === 'application/json')
    return { kind: 'json', fields: parseObject(text), csrfToken: null, hasRepeats: false }
  if (mediaType !== 'application/x-www-form-urlencoded') {
    throw new GatewayError({ code: 'unsupported_media_type', reason: 'content type' })
  }
  const pairs = [...new URLSearchParams(text)]
  const { csrf_token: csrfToken, ...fields } = Object.fromEntries(pairs)
  const hasRepeats = new Set(pairs.map(([name]) => name)).size < pairs.length
  return { kind: 'form', fields, csrfToken: csrfToken ?? null, hasRepeats }
}

/** Counts what arrives, whatever Content-Length says, and stops at the limit. */
async function readText(request: Request): Promise<string> {
  const tooLarge = new GatewayError({ code: 'body_too_large', reason: 'own path' })
  if (Number(request.headers.get('content-length') ?? 0) > longest) throw tooLarge
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    const bytes = chunk as Uint8Array
    size += bytes.length
    if (size > longest) throw tooLarge
    chunks.push(bytes)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw new GatewayError({ code: 'bad_request', reason: 'body is not UTF-8' }, { cause })
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new GatewayError({ code: 'bad_request', reason: 'body is not JSON' }, { cause })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new GatewayError({ code: 'invalid_input', reason: 'body is not an object' })
}

/** The fields as the schema wants them, or 422 with a path and a reason each; never with what was sent. */
export function validFields<Schema extends z.ZodType>(schema: Schema, body: OwnBody): z.output<Schema> {
  const parsed = schema.safeParse(body.fields)
  if (parsed.success) return parsed.data
  const fields = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? [{ path: '', reason: 'unknown field' }]
      : [{ path: issue.path.join('.'), reason: issue.message }],
  )
  throw new GatewayError({ code: 'invalid_input', reason: 'fields', fields })
}
