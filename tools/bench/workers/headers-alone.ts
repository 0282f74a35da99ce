// What the contract with an origin costs by itself: the client's headers without the gateway's own, an identity and what is
// said of the request written beside them, a bound on the wait, the answer with its id. Nothing is decided and nobody is
// looked for, so no gateway that keeps the contract can be faster than this on the platform.
import { assertionHeader } from '../../../src/tokens/assertion.ts'

type Bindings = { readonly ORIGIN_URL: string }

const timeoutMs = 30_000

/** As long as those of the measured site's people. */
const identity: readonly (readonly [name: string, value: string])[] = [
  [assertionHeader, `${'h'.repeat(110)}.${'c'.repeat(480)}.${'s'.repeat(86)}`],
  ['x-auth-user-id', '01999999-9999-7999-8999-999999999999'],
  ['x-auth-email', '01999999-9999-7999-8999-999999999999@example.com'],
  ['x-auth-name', 'Bench%20Person'],
  ['x-auth-roles', 'reader'],
]

const outgoing = (request: Request, id: string): Headers => {
  const headers = new Headers(request.headers)
  headers.delete('authorization')
  for (const [name, value] of identity) headers.set(name, value)
  const [host, address] = [request.headers.get('host') ?? '', request.headers.get('cf-connecting-ip') ?? '']
  const trace = id.replaceAll('-', '')
  headers.set('x-request-id', id)
  headers.set('traceparent', `00-${trace}-${trace.slice(16)}-01`)
  headers.set('x-forwarded-proto', 'http')
  headers.set('x-forwarded-host', host)
  headers.set('forwarded', `for=${address};host="${host}";proto=http`)
  headers.set('x-forwarded-for', address)
  return headers
}

const inTime = (answer: Promise<Response>): Promise<Response> =>
  new Promise((resolve, fail) => {
    const timer = setTimeout(() => fail(new Error('no headers in time')), timeoutMs)
    void answer.then(resolve, fail).finally(() => clearTimeout(timer))
  })

export default {
  async fetch(request: Request, { ORIGIN_URL }: Bindings): Promise<Response> {
    const id = crypto.randomUUID()
    const { method, body } = request
    const url = ORIGIN_URL + request.url.slice(request.url.indexOf('/', 8))
    const headers = outgoing(request, id)
    const answer = await inTime(fetch(url, { method, headers, body, redirect: 'manual' }))
    const wrapped = new Response(answer.body, answer)
    wrapped.headers.set('x-request-id', id)
    wrapped.headers.delete('x-portcullis-response')
    return wrapped
  },
}
