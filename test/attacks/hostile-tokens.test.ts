// Tokens made to be believed: every one refused with the same words, without a fault and without asking anybody anything.
import { createHmac, createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { CompactEncrypt, SignJWT, exportSPKI, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import {
  type SigningKey,
  type TestIssuer,
  audience,
  createSigningKey,
  inSeconds,
  signToken,
  startIssuer,
} from '../support/issuer.ts'
import { type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

type Hostile = readonly [name: string, token: string]

let issuer: TestIssuer
let attacker: TestIssuer
let origin: RecordingOrigin
let gateway: TestGateway
let key: SigningKey

beforeAll(async () => {
  ;[issuer, attacker, origin] = await Promise.all([startIssuer(), startIssuer(), startRecordingOrigin()])
  const [first] = issuer.keys
  if (first === undefined) throw new Error('no key')
  key = first
  const issuers = [{ issuer: issuer.url, jwksUrl: `${issuer.url}/keys`, audiences: [audience] }]
  gateway = await startGateway({ originUrl: origin.url, bundle: await bundleWith({ ...shippedConfig, issuers }) })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([issuer.stop(), attacker.stop(), origin.stop()])
})

const b64 = (value: string | Buffer): string => Buffer.from(value).toString('base64url')
const goodClaims = (): Record<string, unknown> => ({
  iss: issuer.url,
  aud: audience,
  sub: 'victim',
  iat: inSeconds(0),
  exp: inSeconds(300),
})
const goodHeader = (): Record<string, unknown> => ({ alg: 'RS256', kid: key.publicJwk.kid, typ: 'at+jwt' })
const good = (): Promise<string> => signToken(key, goodClaims())
const withClaims = (claims: Record<string, unknown>): Promise<string> => signToken(key, { ...goodClaims(), ...claims })

/** Signs any text as header and claims, with the issuer's own key: what a sloppy issuer could be brought to sign. */
async function signRaw(header: string, claims: string | Buffer): Promise<string> {
  const signed = `${b64(header)}.${b64(claims)}`
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key.privateKey, Buffer.from(signed))
  return `${signed}.${b64(Buffer.from(signature))}`
}

const hmac = (header: Record<string, unknown>, secret: string | Buffer, algorithm = 'sha256'): string => {
  const signed = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(goodClaims()))}`
  return `${signed}.${createHmac(algorithm, secret).update(signed).digest('base64url')}`
}

/** Unsigned tokens, under every name `none` can be given. */
async function unsigned(): Promise<Hostile[]> {
  const claims = b64(JSON.stringify(goodClaims()))
  const names = ['none', 'None', 'NONE', 'nOnE', 'none ', ' none', 'no\u200Bne', '', 'null', 'undefined']
  const [header, body, signature] = (await good()).split('.')
  return [
    ...names.flatMap((alg): Hostile[] => {
      const start = `${b64(JSON.stringify({ ...goodHeader(), alg }))}.${claims}`
      return [
        [`alg ${JSON.stringify(alg)}, empty signature`, `${start}.`],
        [`alg ${JSON.stringify(alg)}, signature of another token`, `${start}.${signature}`],
      ]
    }),
    ['no third part', `${header}.${body}`],
    ['empty signature', `${header}.${body}.`],
    ['signature of zero bytes', `${header}.${body}.${b64(Buffer.alloc(256))}`],
    ['signature of one byte', `${header}.${body}.AA`],
    [
      'another claim under the signature',
      `${header}.${b64(JSON.stringify({ ...goodClaims(), sub: 'admin' }))}.${signature}`,
    ],
    ['another header over the signature', `${b64(JSON.stringify({ ...goodHeader(), x: 1 }))}.${body}.${signature}`],
  ]
}

/** The public key as the secret of an HMAC, in every spelling a library may have of it. */
async function confused(): Promise<Hostile[]> {
  const { n, e, kty } = key.publicJwk
  const publicKey = await importJWK({ kty: String(kty), n: String(n), e: String(e) }, 'RS256', { extractable: true })
  if (publicKey instanceof Uint8Array) throw new TypeError('no public key')
  const pem = await exportSPKI(publicKey)
  const pkcs1 = createPublicKey(pem).export({ type: 'pkcs1', format: 'pem' })
  const secrets: readonly (readonly [string, string | Buffer])[] = [
    ['PEM', pem],
    ['PEM with an end of line', `${pem}\n`],
    ['PEM with a space before', ` ${pem}`],
    ['PEM with CRLF', pem.replaceAll('\n', '\r\n')],
    ['PEM without ends of line', pem.replaceAll('\n', '')],
    ['PEM body', pem.replace(/-----[^-]+-----|\s/g, '')],
    ['PKCS#1 PEM', pkcs1],
    ['DER', createPublicKey(pem).export({ type: 'spki', format: 'der' })],
    ['the JWK', JSON.stringify(key.publicJwk)],
    ['the modulus', String(n)],
    ['the modulus as bytes', Buffer.from(String(n), 'base64url')],
    ['nothing', ''],
    ['zero', Buffer.alloc(32)],
  ]
  return [
    ...secrets.map(([name, secret]): Hostile => [
      `HS256 with ${name}`,
      hmac({ ...goodHeader(), alg: 'HS256' }, secret),
    ]),
    ...['HS384', 'HS512'].map((alg): Hostile => [
      `${alg} with PEM`,
      hmac({ ...goodHeader(), alg }, pem, `sha${alg.slice(2)}`),
    ]),
    ...['hs256', 'RS256 ', 'rs256', 'RS384', 'RS512', 'PS256', 'ES256', 'EdDSA', 'A128KW', 'dir', 'RSA1_5'].map(
      (alg): Hostile => [`HMAC under the name ${alg}`, hmac({ ...goodHeader(), alg }, pem)],
    ),
  ]
}

/** Another key, and everything in a header that could make a verifier take it. */
async function embedded(): Promise<Hostile[]> {
  const other = await createSigningKey()
  const jwk = { ...other.publicJwk, kid: key.publicJwk.kid }
  const url = `${attacker.url}/keys`
  const headers: readonly (readonly [string, Record<string, unknown>])[] = [
    ['the right kid', {}],
    ['jwk', { jwk }],
    ['jwk and its kid', { jwk: other.publicJwk, kid: other.publicJwk.kid }],
    ['jku', { jku: url }],
    ['jku and its kid', { jku: url, kid: other.publicJwk.kid }],
    ['jku with user info', { jku: `${issuer.url.replace('http://', 'http://x@')}@${new URL(attacker.url).host}/keys` }],
    ['x5u', { x5u: url }],
    ['x5c', { x5c: [b64('certificate')] }],
    ['x5t', { x5t: b64('thumbprint'), 'x5t#S256': b64('thumbprint') }],
    ['iss in the header', { iss: attacker.url }],
  ]
  const signed = headers.map(async ([name, header]): Promise<Hostile> => [
    `another key with ${name}`,
    await signToken(other, goodClaims(), header),
  ])
  const elsewhere = { ...goodClaims(), iss: attacker.url }
  const [attackersKey] = attacker.keys
  if (attackersKey === undefined) throw new Error('no key')
  return [
    ...(await Promise.all(signed)),
    ['an issuer of the attacker’s own', await signToken(attackersKey, elsewhere)],
    ['an issuer of the attacker’s own with jku', await signToken(attackersKey, elsewhere, { jku: url })],
    [
      'ES256 by a key of the attacker',
      await signToken(await createSigningKey('ES256'), goodClaims(), { kid: key.publicJwk.kid }),
    ],
    [
      'PS256 by a key of the attacker',
      await signToken(await createSigningKey('PS256'), goodClaims(), { kid: key.publicJwk.kid }),
    ],
    [
      'ES256 with a signature of zeros',
      `${b64(JSON.stringify({ ...goodHeader(), alg: 'ES256' }))}.${b64(JSON.stringify(goodClaims()))}.${b64(Buffer.alloc(64))}`,
    ],
  ]
}

/** Names of keys that are paths, queries and commands. */
async function keyNames(): Promise<Hostile[]> {
  const other = await createSigningKey()
  const names: readonly unknown[] = [
    '../../../../dev/null',
    '/dev/null',
    '/proc/self/environ',
    "' or 1=1 --",
    "x' union select 'secret",
    '$(id)',
    '`id`',
    '| id',
    ';id',
    '{{7*7}}',
    '${7*7}',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '\u0000',
    `${key.publicJwk.kid}\u0000`,
    ` ${key.publicJwk.kid}`,
    `${key.publicJwk.kid} `,
    String(key.publicJwk.kid).toUpperCase(),
    'file:///etc/passwd',
    `${attacker.url}/keys`,
    'x'.repeat(300),
    'x'.repeat(3000),
    '',
    [],
    {},
    [key.publicJwk.kid],
    0,
    1,
    true,
    null,
  ]
  return Promise.all(
    names.map(async (kid): Promise<Hostile> => [
      `kid ${JSON.stringify(kid).slice(0, 40)}`,
      typeof kid === 'string'
        ? await signToken(other, goodClaims(), { kid })
        : await signRaw(JSON.stringify({ ...goodHeader(), kid }), JSON.stringify(goodClaims())),
    ]),
  )
}

/** Extensions nobody here understands. */
async function critical(): Promise<Hostile[]> {
  const values: readonly Record<string, unknown>[] = [
    { crit: ['b64'], b64: false },
    { crit: ['b64'], b64: true },
    { crit: ['exp'], exp: 1 },
    { crit: ['x'], x: 1 },
    { crit: ['x'] },
    { crit: [] },
    { crit: null },
    { crit: 'b64' },
    { crit: {} },
    { crit: ['alg'] },
    { crit: ['http://example.com/x'] },
    { crit: [1] },
    { b64: false },
    { crit: ['bork'], bork: true },
  ]
  return Promise.all(
    values.map(async (header): Promise<Hostile> => [
      `header ${JSON.stringify(header)}`,
      await signRaw(JSON.stringify({ ...goodHeader(), ...header }), JSON.stringify(goodClaims())),
    ]),
  )
}

/** Members that stand twice, however they are spelled and however deep they are. */
async function doubled(): Promise<Hostile[]> {
  const header = JSON.stringify(goodHeader())
  const claims = JSON.stringify(goodClaims())
  const before = (text: string, member: string): string => `{${member},${text.slice(1)}`
  const after = (text: string, member: string): string => `${text.slice(0, -1)},${member}}`
  const inHeader = [
    '"alg":"none"',
    '"alg":"RS256"',
    '"kid":"other"',
    '"typ":"JWT"',
    '"\\u0061lg":"none"',
    '"x":{"a":1,"a":2}',
    '"x":[[{"a":1,"\\u0061":1}]]',
  ]
  const inClaims = [
    '"sub":"admin"',
    '"\\u0073ub":"admin"',
    '"s\\u0075b":"admin"',
    '"iss":"x"',
    '"aud":"x"',
    '"exp":9999999999',
    '"roles":[],"roles":["admin"]',
    '"x":{"y":{"a":1,"a":2}}',
    '"x":[{"a":1,"a":1}]',
    '"__proto__":1,"__proto__":2',
    '"":1,"":2',
    '"a\\"":1,"a\\u0022":2',
    '"x":"{","y":{"z":":","z":1}',
  ]
  const made = [
    ...inHeader.flatMap((member) =>
      [before(header, member), after(header, member)].map((text) => [text, claims] as const),
    ),
    ...inClaims.flatMap((member) =>
      [before(claims, member), after(claims, member)].map((text) => [header, text] as const),
    ),
  ]
  return Promise.all(
    made.map(async ([head, body]): Promise<Hostile> => [
      `twice: ${head === header ? body.slice(-60) : head.slice(-60)}`,
      await signRaw(head, body),
    ]),
  )
}

/** One token in other letters, and things that are no JSON object. */
async function misspelled(): Promise<Hostile[]> {
  const token = await good()
  const [header = '', claims = '', signature = ''] = token.split('.')
  const strayBits = (part: string): string => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    return part.slice(0, -1) + (alphabet[alphabet.indexOf(part.at(-1) ?? 'A') | 1] ?? '')
  }
  const texts: readonly (readonly [string, string])[] = [
    ['padding', `${header}.${claims}.${signature}==`],
    ['padding inside', `${header}=.${claims}.${signature}`],
    ['the other alphabet', `${header}.${claims}.${signature.replaceAll('-', '+').replaceAll('_', '/')}`],
    ['stray bits in the signature', `${header}.${claims}.${strayBits(signature)}`],
    ['one character less', token.slice(0, -1)],
    ['half of it', token.slice(0, token.length / 2)],
    ['one character more', `${token}A`],
    ['a dot at the end', `${token}.`],
    ['a dot before', `.${token}`],
    ['five parts', `${token}.a.b`],
    ['it twice', `${token}.${token}`],
    ['nothing but dots', '.'.repeat(8000)],
    ['two dots', '..'],
    ['dots and spaces', '. .'],
    ['a colon for a dot', `${header}:${claims}:${signature}`],
    ['tildes', `${token}~`],
    ['upper case', token.toUpperCase()],
    ['no header', `.${claims}.${signature}`],
    ['no claims', `${header}..${signature}`],
    ['an empty object as header', `${b64('{}')}.${claims}.${signature}`],
  ]
  const bodies: readonly (readonly [string, string | Buffer])[] = [
    ['a list', '[]'],
    ['a string', '"victim"'],
    ['a number', '1'],
    ['null', 'null'],
    ['true', 'true'],
    ['nothing', ''],
    ['two objects', `${JSON.stringify(goodClaims())}{}`],
    ['a comma too many', '{"sub":"x",}'],
    ['single quotes', "{'sub':'x'}"],
    ['a comment', `/**/${JSON.stringify(goodClaims())}`],
    ['NaN', JSON.stringify(goodClaims()).replace(/"exp":\d+/, '"exp":NaN')],
    ['a byte order mark', `\uFEFF${JSON.stringify(goodClaims())}`],
    ['UTF-16', Buffer.from(JSON.stringify(goodClaims()), 'utf16le')],
    [
      'broken UTF-8',
      Buffer.concat([
        Buffer.from(`{"x":"`),
        Buffer.from([0xff, 0xfe]),
        Buffer.from(`",${JSON.stringify(goodClaims()).slice(1)}`),
      ]),
    ],
    [
      'overlong UTF-8',
      Buffer.concat([
        Buffer.from(`{"x":"`),
        Buffer.from([0xc0, 0xa2]),
        Buffer.from(`",${JSON.stringify(goodClaims()).slice(1)}`),
      ]),
    ],
    [
      'deep brackets',
      `{"x":${'['.repeat(5000)}${']'.repeat(5000)},${JSON.stringify({ ...goodClaims(), exp: 'x' }).slice(1)}`,
    ],
    ['deep brackets left open', `{"x":${'['.repeat(9000)}`],
  ]
  return [
    ...texts.map(([name, text]): Hostile => [`written with ${name}`, text]),
    ...(await Promise.all(
      bodies.map(async ([name, body]): Promise<Hostile> => [
        `claims are ${name}`,
        await signRaw(JSON.stringify(goodHeader()), body),
      ]),
    )),
    ...(await Promise.all(
      ['[]', '"x"', 'null', '1', '', '{', `\uFEFF${JSON.stringify(goodHeader())}`].map(
        async (header): Promise<Hostile> => [
          `header is ${JSON.stringify(header.slice(0, 9))}`,
          await signRaw(header, JSON.stringify(goodClaims())),
        ],
      ),
    )),
  ]
}

/** Too much of it. */
async function oversized(): Promise<Hostile[]> {
  return [
    [
      'a header of 5 KB',
      await signRaw(JSON.stringify({ ...goodHeader(), x: 'x'.repeat(5000) }), JSON.stringify(goodClaims())),
    ],
    ['claims of 15 KB', await withClaims({ x: 'x'.repeat(15_000) })],
    ['claims of 60 KB', await withClaims({ x: 'x'.repeat(60_000) })],
    ['a signature of 20 KB', `${(await good()).slice(0, -10)}${'A'.repeat(20_000)}`],
    [
      'nine thousand members and one too many bytes',
      await withClaims(Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`m${at}`, at]))),
    ],
  ]
}

/** Right in everything but one claim. */
async function wrongClaims(): Promise<Hostile[]> {
  const times: readonly unknown[] = [
    '9999999999',
    String(inSeconds(300)),
    null,
    true,
    [],
    {},
    [inSeconds(300)],
    '',
    'never',
    '1e99',
    { seconds: 1 },
  ]
  const rows: readonly (readonly [string, Record<string, unknown>])[] = [
    ...times.flatMap((value) =>
      ['exp', 'nbf', 'iat'].map((claim) => [`${claim} ${JSON.stringify(value)}`, { [claim]: value }] as const),
    ),
    ['no exp', { exp: undefined }],
    ['exp 0', { exp: 0 }],
    ['exp -1', { exp: -1 }],
    ['exp a minute ago', { exp: inSeconds(-60) }],
    ['exp in a year', { exp: inSeconds(365 * 86_400) }],
    ['exp in the year 9999', { exp: 253_402_300_799 }],
    ['exp beyond any date', { exp: Number.MAX_SAFE_INTEGER }],
    ['exp of 1.8e308 less', { exp: 1e300 }],
    ['nbf in a minute', { nbf: inSeconds(60) }],
    ['nbf in the year 9999', { nbf: 253_402_300_799 }],
    ['iat in a minute', { iat: inSeconds(60) }],
    ['iat in the year 9999', { iat: 253_402_300_799 }],
    ['no aud', { aud: undefined }],
    ...[
      null,
      '',
      'https://other.example',
      `${audience}/`,
      audience.toUpperCase(),
      ` ${audience}`,
      [],
      [''],
      ['https://other.example'],
      {},
      0,
      true,
      [[audience]],
      [audience, 1],
      [audience, null],
      { [audience]: true },
    ].map((aud) => [`aud ${JSON.stringify(aud)}`, { aud }] as const),
    ['no iss', { iss: undefined }],
    ...[
      null,
      '',
      `${issuer.url}/`,
      issuer.url.toUpperCase(),
      `${issuer.url}#`,
      `${issuer.url}?`,
      [issuer.url],
      { url: issuer.url },
      attacker.url,
      'https://accounts.google.com',
    ].map((iss) => [`iss ${JSON.stringify(iss)}`, { iss }] as const),
    ['no sub', { sub: undefined }],
    ...[null, '', 0, true, [], {}, ['victim'], 'a\u0000b', 'a\nb', ' victim', 'victim ', '\ud800', 'x'.repeat(256)].map(
      (sub) => [`sub ${JSON.stringify(sub)?.slice(0, 30)}`, { sub }] as const,
    ),
    ['a key its holder has to prove', { cnf: { jkt: 'x' } }],
  ]
  return Promise.all(rows.map(async ([name, claims]): Promise<Hostile> => [name, await withClaims(claims)]))
}

/** Tokens the issuer signed for something else. */
async function otherKinds(): Promise<Hostile[]> {
  const types: readonly unknown[] = [
    'JWT',
    'jwt',
    'JOSE',
    'id+jwt',
    'logout+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'application/jwt',
    'portcullis-assertion+jwt',
    'at+jwt ',
    'at jwt',
    '',
    undefined,
  ]
  const infinite = JSON.stringify(goodClaims()).replace(/"exp":\d+/, '"exp":1e400')
  const encrypted = await new CompactEncrypt(Buffer.from(JSON.stringify(goodClaims())))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(createSecretKey(Buffer.alloc(32)))
  const assertion = await new SignJWT({ ...goodClaims(), iss: gateway.url })
    .setProtectedHeader({ alg: 'ES256', typ: 'portcullis-assertion+jwt', kid: 'x' })
    .sign(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  return [
    ...(await Promise.all(
      types.map(async (typ): Promise<Hostile> => [
        `typ ${JSON.stringify(typ)}`,
        await signToken(key, goodClaims(), { typ }),
      ]),
    )),
    ...(await Promise.all(
      [null, 1, [], ['at+jwt'], {}].map(async (typ): Promise<Hostile> => [
        `typ ${JSON.stringify(typ)}`,
        await signRaw(JSON.stringify({ ...goodHeader(), typ }), JSON.stringify(goodClaims())),
      ]),
    )),
    ...(await Promise.all(
      [null, 1, [], ['RS256'], {}, undefined].map(async (alg): Promise<Hostile> => [
        `alg ${JSON.stringify(alg)}`,
        await signRaw(JSON.stringify({ ...goodHeader(), alg }), JSON.stringify(goodClaims())),
      ]),
    )),
    ['an infinite expiry', await signRaw(JSON.stringify(goodHeader()), infinite)],
    ['an encrypted token', encrypted],
    ['an assertion of the gateway', assertion],
  ]
}

describe('a hostile token', () => {
  it('control: what they are made of is accepted', async () => {
    const answer = await newVisitor(gateway).send('GET', '/private', undefined, {
      authorization: `Bearer ${await good()}`,
    })
    expect(answer.status).toBe(200)
  })

  it('is refused, each of at least 250, with one text, no fault, and no request to anybody it names', async () => {
    const makers = [
      unsigned,
      confused,
      embedded,
      keyNames,
      critical,
      doubled,
      misspelled,
      oversized,
      wrongClaims,
      otherKinds,
    ]
    const hostile = (await Promise.all(makers.map((make) => make()))).flat()
    expect(hostile.length).toBeGreaterThanOrEqual(250)
    expect(new Set(hostile.map(([, token]) => token)).size).toBeGreaterThanOrEqual(250)
    const visitor = newVisitor(gateway)
    const believed: string[] = []
    const bodies = new Set<string>()
    const challenges = new Set<string | null>()
    const fetchesBefore = issuer.keySetFetches()
    const reached = origin.received.length
    for (const [name, token] of hostile) {
      const answer = await visitor.send('GET', '/private', undefined, { authorization: `Bearer ${token}` })
      const body = (await answer.json()) as Record<string, unknown>
      if (answer.status !== 401) believed.push(`${name}: ${answer.status}`)
      bodies.add(JSON.stringify({ ...body, request_id: '' }))
      challenges.add(answer.headers.get('www-authenticate'))
    }
    expect(believed).toEqual([])
    expect([...bodies]).toHaveLength(1)
    expect([...challenges]).toEqual([
      'Bearer error="invalid_token", error_description="The access token is not accepted"',
    ])
    expect(attacker.asked).toEqual([])
    expect(origin.received.length).toBe(reached)
    // An unknown key name may be a new key: one question in thirty seconds for all of them.
    expect(issuer.keySetFetches() - fetchesBefore).toBeLessThanOrEqual(3)
    expect(await gateway.sql('select subject from identities')).toEqual([{ subject: `${issuer.url}#victim` }])
    await expect
      .poll(
        async () => (await gateway.sql("select count(*)::int as n from audit_events where type = 'token.refused'"))[0],
        { timeout: 20_000 },
      )
      .toEqual({ n: hostile.length })
    const trail = JSON.stringify(await gateway.sql('select reason, details from audit_events'))
    for (const [, token] of hostile) if (token.length > 60) expect(trail.includes(token.slice(0, 60))).toBe(false)
    expect(trail).not.toContain('victim')
  })
})
