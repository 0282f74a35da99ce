import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

export type TurnstileMode = 'ok' | 'fail' | 'hang'

export type TurnstileVendor = {
  url: string
  siteKey: string
  secretKey: string
  /** What a worker needs to ask it. */
  bindings: Record<string, string>
  /** What a person does with the widget: an answer that counts once. */
  solve(given?: { hostname?: string; action?: string }): string
  /** What was asked of it: the secrets and answers, oldest first. */
  asked(): { secret: string; response: string }[]
  mode(next: TurnstileMode): void
  stop(): Promise<void>
}

/** A stand-in for Turnstile: a widget that confirms at once, and the server's side of it. */
export const startTurnstile = async (): Promise<TurnstileVendor> => {
  const [siteKey, secretKey] = ['0x4AAAAAAAstandin', `0x4AAAAAAA${randomBytes(12).toString('hex')}`]
  const open = new Map<string, { hostname: string; action: string }>()
  const asked: { secret: string; response: string }[] = []
  let mode: TurnstileMode = 'ok'
  const solve: TurnstileVendor['solve'] = ({ hostname = 'localhost', action = 'portcullis' } = {}) => {
    const answer = randomBytes(24).toString('base64url')
    open.set(answer, { hostname, action })
    return answer
  }
  const widget = (): string => `
    for (const place of document.querySelectorAll('.cf-turnstile')) {
      const field = document.createElement('input')
      Object.assign(field, { type: 'hidden', name: 'cf-turnstile-response', value: ${JSON.stringify(solve())} })
      place.append(field, 'Confirmed')
    }`
  const verdict = (body: string): object => {
    const given = JSON.parse(body) as { secret: string; response: string }
    asked.push({ secret: given.secret, response: given.response })
    if (given.secret !== secretKey) return { success: false, 'error-codes': ['invalid-input-secret'] }
    const found = open.get(given.response)
    open.delete(given.response)
    return found === undefined
      ? { success: false, 'error-codes': ['invalid-input-response'] }
      : { success: true, 'error-codes': [], challenge_ts: new Date().toISOString(), ...found }
  }
  const server = createServer((request, response) => {
    if (mode === 'hang') return
    if (mode === 'fail') return void response.writeHead(500).end('<h1>Sorry</h1>')
    if (request.url === '/turnstile/v0/api.js') {
      return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(widget())
    }
    if (request.url !== '/turnstile/v0/siteverify') return void response.writeHead(404).end()
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(verdict(body))),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  return {
    url,
    siteKey,
    secretKey,
    bindings: { TURNSTILE_SITE_KEY: siteKey, TURNSTILE_SECRET_KEY: secretKey, TURNSTILE_ENDPOINT: url },
    solve,
    asked: () => [...asked],
    mode: (next) => {
      mode = next
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
