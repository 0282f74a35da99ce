// A client as the gateway sees one: an address of its own, a cookie jar, and a browser's or a program's manners.
import { randomInt } from 'node:crypto'
import type { TestGateway } from './gateway.ts'

export interface Visitor {
  readonly ip: string
  readonly cookies: Map<string, string>
  /** A program: JSON in and out, never follows redirects. `path` may name another front door as a whole URL. */
  send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** With the CSRF token of the jar. */
  change(method: string, path: string, body?: unknown): Promise<Response>
  /** A browser that opens a page or sends a form. */
  open(path: string): Promise<Response>
  submit(path: string, fields: Readonly<Record<string, string>>): Promise<Response>
}

/** An address nobody else uses, so that limits of one test never touch another. */
export function newAddress(): string {
  return `203.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
}

export function newVisitor(gateway: Pick<TestGateway, 'url'>, ip: string = newAddress()): Visitor {
  const cookies = new Map<string, string>()

  async function call(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    const jar = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { 'cf-connecting-ip': ip, ...(jar === '' ? {} : { cookie: jar }), ...init.headers }
    const response = await fetch(new URL(path, gateway.url), { redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) keep(cookies, line)
    return response
  }

  async function send(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const isJson = body !== undefined
    return call(path, {
      method,
      headers: { accept: 'application/json', ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(isJson ? { body: JSON.stringify(body) } : {}),
    })
  }

  const browser = { accept: 'text/html,application/xhtml+xml', 'sec-fetch-mode': 'navigate' }
  return {
    ip,
    cookies,
    send,
    async change(method, path, body) {
      const { csrf_token: token } = (await (await send('GET', '/auth/v1/csrf')).json()) as { csrf_token: string }
      return send(method, path, body, { 'x-csrf-token': token })
    },
    open: (path) => call(path, { method: 'GET', headers: { ...browser, 'sec-fetch-site': 'none' } }),
    async submit(path, fields) {
      const headers = {
        ...browser,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/x-www-form-urlencoded',
      }
      const csrf = cookies.get('__Host-portcullis-csrf') ?? ''
      return call(path, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ csrf_token: csrf, ...fields }).toString(),
      })
    },
  }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const name = pair.slice(0, pair.indexOf('='))
  const value = pair.slice(name.length + 1)
  if (value === '' || /max-age=0/i.test(line)) cookies.delete(name)
  else cookies.set(name, value)
}
