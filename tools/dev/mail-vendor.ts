import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type SmsMessage, type SmsVendor, createSmsVendor } from './sms-vendor.ts'

export type MailMessage = {
  id: string
  from: string
  to: string[]
  subject: string
  text: string
  html?: string
  headers?: Record<string, string>
  tags?: { name: string; value: string }[]
  at: string
}

export type InboxItem = {
  channel: 'email' | 'sms'
  to: string
  subject?: string
  text: string
  links: string[]
  code?: string
  at: string
}

/** `lose` takes a message over and never says so. */
export type MailMode = 'ok' | 'fail' | 'hang' | 'lose'

export type MailVendor = {
  url: string
  messages(): MailMessage[]
  mode(next: MailMode): void
  /** Texts go to the same house, and lie in the same inbox. */
  sms: SmsVendor
  stop(): Promise<void>
}

type Kept = { messages: MailMessage[]; keys: { key: string; id: string; fingerprint: string }[] }

const keptMessages = 500
const largestBody = 40 * 1024 * 1024

class Refused extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

const invalid = (message: string): Refused => new Refused(422, 'validation_error', message)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isAddress = (value: unknown): value is string =>
  typeof value === 'string' && /^(?:[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(value.trim())

const required = (body: Record<string, unknown>, field: string): unknown => {
  const value = body[field]
  if (value === undefined || value === null || value === '') {
    throw new Refused(422, 'missing_required_field', `Missing \`${field}\` field.`)
  }
  return value
}

const addresses = (value: unknown, field: string): string[] => {
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0 || list.length > 50) throw invalid(`The \`${field}\` field takes 1 to 50 addresses.`)
  if (!list.every(isAddress)) {
    throw invalid(
      `Invalid \`${field}\` field. The email address needs to follow the \`email@example.com\` or \`Name <email@example.com>\` format.`,
    )
  }
  return list
}

const string = (value: unknown, field: string): string => {
  if (typeof value !== 'string') throw invalid(`The \`${field}\` field must be a \`string\`.`)
  return value
}

const headersIn = (value: unknown): Record<string, string> => {
  const ok =
    isRecord(value) && Object.values(value).every((entry) => typeof entry === 'string' && !/[\r\n]/.test(entry))
  if (!ok) throw invalid('The `headers` field must be an object of strings.')
  return value as Record<string, string>
}

const tagsIn = (value: unknown): { name: string; value: string }[] => {
  const word = (part: unknown): boolean => typeof part === 'string' && /^[A-Za-z0-9_-]{1,256}$/.test(part)
  if (!Array.isArray(value) || !value.every((tag) => isRecord(tag) && word(tag['name']) && word(tag['value']))) {
    throw invalid('Tags should only contain ASCII letters, numbers, underscores, or dashes.')
  }
  return value as { name: string; value: string }[]
}

const plainText = (html: string): string =>
  html
    .replaceAll(/<(style|script)\b[\s\S]*?<\/\1>/gi, '')
    .replaceAll(/<a\b[^>]*\bhref="([^"]*)"[^>]*>([\s\S]*?)<\/a>/gi, '$2 $1')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
    .trim()

const messageFrom = (body: unknown): MailMessage => {
  if (!isRecord(body)) throw invalid('The request body must be an object.')
  const from = required(body, 'from')
  if (!isAddress(from)) addresses(from, 'from')
  const to = addresses(required(body, 'to'), 'to')
  const subject = string(required(body, 'subject'), 'subject')
  if (/[\r\n]/.test(subject)) throw invalid('The `\\n` is not allowed in the `subject` field.')
  if (body['html'] === undefined && body['text'] === undefined) {
    throw new Refused(422, 'missing_required_field', 'Missing `html` or `text` field.')
  }
  const html = body['html'] === undefined ? undefined : string(body['html'], 'html')
  const text = body['text'] === undefined ? plainText(html ?? '') : string(body['text'], 'text')
  return {
    id: randomUUID(),
    from: from as string,
    to,
    subject,
    text,
    ...(html === undefined ? {} : { html }),
    ...(body['headers'] === undefined ? {} : { headers: headersIn(body['headers']) }),
    ...(body['tags'] === undefined ? {} : { tags: tagsIn(body['tags']) }),
    at: new Date().toISOString(),
  }
}

const link = /https?:\/\/[^\s<>"']+/g

/** What a person, or a test, takes out of a message. A number inside a link is not the code somebody would type. */
const found = (text: string): Pick<InboxItem, 'text' | 'links' | 'code'> => {
  const links = (text.match(link) ?? []).map((one) => one.replace(/[.,;:!?)\]]+$/, ''))
  const code = /(?<![\w.,/+-])\d{6}(?![\w/-]|[.,]\d)/.exec(text.replaceAll(link, ' '))?.[0]
  return { text, links, ...(code === undefined ? {} : { code }) }
}

const mailItem = ({ to, subject, text, at }: MailMessage): InboxItem => {
  return { channel: 'email', to: to.join(', '), subject, ...found(text), at }
}

const smsItem = ({ to, text, at }: SmsMessage): InboxItem => ({ channel: 'sms', to, ...found(text), at })

const load = (file: string | undefined): Kept => {
  if (file === undefined) return { messages: [], keys: [] }
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept
  } catch {
    // None yet, or damaged: old development mail is not worth a failure.
    return { messages: [], keys: [] }
  }
}

const readJson = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > largestBody) throw new Refused(413, 'validation_error', 'The request is larger than 40 MB.')
    chunks.push(chunk as Buffer)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new Refused(400, 'validation_error', 'The request body is not valid JSON.')
  }
}

const send = (response: ServerResponse, status: number, body: object): void => {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body))
}

/** A stand-in for Resend that keeps what it is given instead of sending it, and shows it at /inbox. */
export const startMailVendor = async (
  options: { port?: number | undefined; file?: string | undefined } = {},
): Promise<MailVendor> => {
  const kept = load(options.file)
  const sms = createSmsVendor()
  let mode: MailMode = 'ok'

  // One write at a time, each whole: a crash leaves the last complete file.
  let saving = Promise.resolve()
  const save = (): void => {
    const { file } = options
    if (file === undefined) return
    saving = saving
      .then(async () => {
        await writeFile(`${file}.new`, JSON.stringify(kept), { mode: 0o600 })
        await rename(`${file}.new`, file)
      })
      .catch(() => {})
  }

  const accept = (body: unknown, key: string | undefined): string => {
    const message = messageFrom(body)
    if (key !== undefined) {
      const fingerprint = createHash('sha256').update(JSON.stringify(body)).digest('hex')
      const before = kept.keys.find((entry) => entry.key === key)
      if (before?.fingerprint === fingerprint) return before.id
      if (before !== undefined) {
        throw new Refused(
          409,
          'invalid_idempotent_request',
          'Same idempotency key used with a different request payload.',
        )
      }
      kept.keys = [...kept.keys.slice(1 - keptMessages), { key, id: message.id, fingerprint }]
    }
    kept.messages = [...kept.messages.slice(1 - keptMessages), message]
    save()
    return message.id
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split('?')[0]
    if (request.method === 'GET' && path === '/inbox') {
      // Newest first, also of two that came within a millisecond.
      const items = [...kept.messages.map(mailItem), ...sms.messages().map(smsItem)].toReversed()
      send(response, 200, { items: items.toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)) })
      return
    }
    if (await sms.handle(request, response)) return
    if (request.method !== 'POST' || path !== '/emails') {
      throw new Refused(404, 'not_found', 'The requested endpoint does not exist.')
    }
    if (mode === 'hang') return
    if (mode === 'fail') throw new Refused(500, 'application_error', 'An unexpected error occurred.')
    const authorization = request.headers.authorization
    if (authorization === undefined)
      throw new Refused(401, 'missing_api_key', 'Missing API key in the authorization header.')
    if (!/^Bearer \S+$/.test(authorization)) throw new Refused(403, 'invalid_api_key', 'API key is invalid.')
    const key = request.headers['idempotency-key']
    if (key !== undefined && (typeof key !== 'string' || key.length < 1 || key.length > 256)) {
      throw new Refused(400, 'invalid_idempotency_key', 'The idempotency key must be between 1-256 chars.')
    }
    const id = accept(await readJson(request), key)
    if (mode !== 'lose') send(response, 200, { id })
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const { status, code, message } =
        error instanceof Refused ? error : new Refused(500, 'application_error', 'An unexpected error occurred.')
      if (!response.destroyed) send(response, status, { statusCode: status, name: code, message })
    })
  })
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  return {
    url: `http://127.0.0.1:${port}`,
    sms,
    messages: () => [...kept.messages],
    mode: (next) => {
      mode = next
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      await saving
    },
  }
}
