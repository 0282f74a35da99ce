import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newPerson } from '../support/people.ts'
import { sendRaw } from '../support/raw-http.ts'
import { type Received, type RecordingOrigin, startRecordingOrigin, valuesOf } from '../support/recording-origin.ts'

const configured = ['x-auth-user-id', 'x-auth-email', 'x-auth-name', 'x-auth-roles']
const portcullis = ['x-portcullis-assertion', 'x-portcullis-response', 'x-portcullis-user', 'x-portcullis']
const forwarding = [
  ...['forwarded', 'x-forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'],
  ...['x-forwarded-user', 'x-forwarded-email', 'x-forwarded-prefix', 'x-forwarded-client-cert', 'x-real-ip'],
  ...['x-client-ip', 'true-client-ip', 'client-ip', 'x-cluster-client-ip', 'x-request-id', 'traceparent', 'tracestate'],
  ...[
    'x-original-url',
    'x-rewrite-url',
    'x-original-host',
    'x-http-method-override',
    'x-middleware-subrequest',
    'proxy',
  ],
]
const reserved = [...configured, ...portcullis, ...forwarding]
// Every character that may stand in a field name and that some CGI, WSGI or PHP folds to '_'.
const separators = ['!', '#', '$', '%', '&', "'", '*', '+', '-', '.', '^', '_', '|', '~', '`']
const marker = 'forged-by-a-client'

const spellings = (name: string): string[] => [
  ...new Set(
    separators.flatMap((separator) => [
      name.replaceAll('-', () => separator),
      name.replace('-', () => separator),
      name.replaceAll('-', () => separator).toUpperCase(),
      name.replace(/-(?=[^-]*$)/, () => separator),
    ]),
  ),
]

let origin: RecordingOrigin
let gateway: TestGateway
let person: Person
beforeAll(async () => {
  origin = await startRecordingOrigin()
  gateway = await startGateway({ originUrl: origin.url })
  person = await newPerson(gateway)
})
afterAll(async () => {
  await gateway.stop()
  await origin.stop()
})

let probes = 0

/** What the origin got of one request; fails when it got none or several. */
async function seenOf(path: string, lines: readonly string[]): Promise<Received> {
  probes += 1
  const head = [
    `GET ${path} HTTP/1.1`,
    'Host: site.example',
    'cf-connecting-ip: 203.0.113.9',
    `x-probe: ${probes}`,
    ...lines,
    '',
    '',
  ]
  const answer = await sendRaw(gateway.workerd.ports[0] ?? 0, head.join('\r\n'))
  expect(answer?.status).toBe(200)
  const seen = origin.of(probes)
  expect(seen.length).toBe(1)
  return seen[0] as Received
}

const sessionLine = (): string => `Cookie: __Host-portcullis=${person.visitor.cookies.get('__Host-portcullis') ?? ''}`
const folded = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '-')

/** Ours stand once and in their one spelling; nothing else folds to a reserved name. */
function checkIdentity(seen: Received, isSignedIn: boolean): void {
  expect(seen.headers.filter(([, value]) => value.includes(marker)).map(([name]) => name)).toEqual(['x-harmless'])
  const names = seen.headers
    .map(([name]) => folded(name))
    .filter((name) => configured.includes(name) || name.startsWith('x-portcullis'))
  expect(names.toSorted()).toEqual(
    isSignedIn ? ['x-auth-email', 'x-auth-name', 'x-auth-roles', 'x-auth-user-id', 'x-portcullis-assertion'] : [],
  )
  if (isSignedIn) {
    expect(valuesOf(seen, 'x-auth-user-id')).toEqual([person.userId])
    expect(valuesOf(seen, 'x-auth-email')).toEqual([person.email])
  }
  expect(valuesOf(seen, 'x-forwarded-for')).toEqual(['203.0.113.9'])
  expect(valuesOf(seen, 'x-request-id')).toEqual([expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)])
}

describe('a forged identity header', () => {
  const routes = [
    ['a public page, by nobody', '/public/a', false],
    ['a public page, by somebody signed in', '/public/a', true],
    ['a page for people, by somebody signed in', '/private', true],
  ] as const

  it.each(routes)('never reaches the origin, in any spelling: %s', async (_, path, isSignedIn) => {
    for (const name of reserved) {
      const lines = [...spellings(name).map((spelling) => `${spelling}: ${marker}`), `x-harmless: ${marker}`]
      if (isSignedIn) lines.push(sessionLine())
      checkIdentity(await seenOf(path, lines), isSignedIn)
    }
  })

  it.each(routes)('is gone when it is sent several times and listed in Connection: %s', async (_, path, isSignedIn) => {
    const twice = [...reserved, ...reserved].map((name) => `${name}: ${marker}`)
    const lines = [
      ...twice,
      `Connection: ${reserved.join(', ')}`,
      `x-harmless: ${marker}`,
      ...(isSignedIn ? [sessionLine()] : []),
    ]
    checkIdentity(await seenOf(path, lines), isSignedIn)
  })
})

describe('a Connection header', () => {
  it.each([
    'x-auth-user-id, x-portcullis-assertion, cookie, x-forwarded-for, x-request-id, forwarded',
    'X-Auth-User-Id,X-PORTCULLIS-ASSERTION , Cookie,X-Forwarded-For,X-Request-Id',
    'close, x-auth-user-id',
    'keep-alive\r\nConnection: X-AUTH-USER-ID, x-auth-email, x-auth-roles, x-auth-name',
  ])('cannot remove what the gateway says: %s', async (connection) => {
    const seen = await seenOf('/private', [sessionLine(), `x-harmless: ${marker}`, `Connection: ${connection}`])
    checkIdentity(seen, true)
    expect(valuesOf(seen, 'forwarded').length).toBe(1)
  })

  it('takes the names it lists along, and hop-by-hop headers go in any case', async () => {
    const hopByHop = [
      'Keep-Alive: timeout=5',
      'Proxy-Authorization: Basic eA==',
      'TE: trailers',
      'Trailer: x-sum',
      'Proxy-Connection: keep-alive',
    ]
    const seen = await seenOf('/public/a', [
      ...hopByHop,
      'X-Mine: 1',
      'x-Other: 2',
      'x-third: 3',
      'Connection: x-mine, X-OTHER',
    ])
    const names = seen.headers.map(([name]) => name.toLowerCase())
    for (const name of ['x-mine', 'x-other', 'proxy-authorization', 'te', 'trailer', 'proxy-connection'])
      expect(names).not.toContain(name)
    expect(valuesOf(seen, 'x-third')).toEqual(['3'])
    expect(valuesOf(seen, 'keep-alive')).not.toContain('timeout=5')
  })
})

describe('the gateway’s own cookies', () => {
  const own = ['__Host-portcullis', '__Host-portcullis-csrf', '__Host-portcullis-pre']
  it.each([
    ['alone', (pairs: string) => pairs, null],
    ['first', (pairs: string) => `${pairs}; a=1;b="x y" ;  c=%20=;d`, 'a=1;b="x y" ;  c=%20=;d'],
    ['last', (pairs: string) => `a=1;b="x y" ;  c=%20=;d; ${pairs}`, 'a=1;b="x y" ;  c=%20=;d'],
    ['between', (pairs: string) => `a=1; ${pairs}; b=\xc3\xa9; a=2`, 'a=1; b=\xc3\xa9; a=2'],
    [
      'beside names like theirs',
      (pairs: string) => `__Host-portcullis2=x; ${pairs}; __host-portcullis=y`,
      '__Host-portcullis2=x; __host-portcullis=y',
    ],
  ])('never reach the origin, and the others arrive as they were sent: %s', async (_, compose, rest) => {
    const session = person.visitor.cookies.get('__Host-portcullis') ?? ''
    const pairs = own.map((name) => `${name}=${name === '__Host-portcullis' ? session : 'secret-value'}`).join('; ')
    const seen = await seenOf('/private', [`Cookie: ${compose(pairs)}`])
    // Node shows each byte of a header as a character of its own.
    expect(valuesOf(seen, 'cookie')).toEqual(rest === null ? [] : [rest])
    expect(JSON.stringify(seen.headers)).not.toContain(session)
  })

  it.each([['a=1, __Host-portcullis=x'], ['a="1; __Host-portcullis =x'], ['a=b __Host-portcullis=x']])(
    'hidden from one parser but not from another are refused or removed: %s',
    async (cookie) => {
      probes += 1
      const head = `GET /public/a HTTP/1.1\r\nHost: site.example\r\nx-probe: ${probes}\r\nCookie: ${cookie}\r\n\r\n`
      const answer = await sendRaw(gateway.workerd.ports[0] ?? 0, head)
      expect([200, 400]).toContain(answer?.status)
      expect(JSON.stringify(origin.of(probes))).not.toMatch(/__Host-portcullis\s*=/)
    },
  )
})
