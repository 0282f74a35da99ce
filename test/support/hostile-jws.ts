// What is wrong with a signed JWT whatever it is for: templates of forgeries, each made of one that is right.
import { createHmac, createPublicKey } from 'node:crypto'
import { exportSPKI, importJWK } from 'jose'
import { type SigningKey, createSigningKey, signToken } from './issuer.ts'

export type Hostile = readonly [name: string, token: string]

/** What is right: a key by RS256 that its verifier has, and what the verifier would believe if that key had signed it. */
export interface Genuine {
  readonly key: SigningKey
  readonly goodHeader: () => Record<string, unknown>
  readonly goodClaims: () => Record<string, unknown>
  /** A server of somebody else. */
  readonly attackerUrl: string
}

export async function hostileJws(genuine: Genuine): Promise<readonly Hostile[]> {
  const forge = forgeOf(genuine)
  const makers = [unsigned, confused, embedded, keyNames, critical, doubled, misspelled, oversized]
  return (await Promise.all(makers.map((make) => make(forge)))).flat()
}

const b64 = (value: string | Buffer): string => Buffer.from(value).toString('base64url')

/** Signs any text as header and claims: what a sloppy owner could be brought to sign. */
export async function signRaw(key: SigningKey, header: string, claims: string | Buffer): Promise<string> {
  const signed = `${b64(header)}.${b64(claims)}`
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key.privateKey, Buffer.from(signed))
  return `${signed}.${b64(Buffer.from(signature))}`
}

type Forge = ReturnType<typeof forgeOf>

function forgeOf(genuine: Genuine) {
  const { key, goodHeader, goodClaims } = genuine
  const write = (by: SigningKey, header: object, claims: object): Promise<string> =>
    signToken(by, { ...goodClaims(), ...claims }, { typ: undefined, ...goodHeader(), alg: by.algorithm, ...header })
  return {
    ...genuine,
    good: () => write(key, {}, {}),
    withClaims: (claims: object) => write(key, {}, claims),
    /** By whatever key, under the name of the right one. */
    sign: (header: object, by: SigningKey) => write(by, header, {}),
    signRaw: (header: string, claims: string | Buffer) => signRaw(key, header, claims),
    hmac: (header: object, secret: string | Buffer, algorithm = 'sha256') => {
      const signed = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(goodClaims()))}`
      return `${signed}.${createHmac(algorithm, secret).update(signed).digest('base64url')}`
    },
  }
}

/** Unsigned tokens, under every name `none` can be given. */
async function unsigned({ goodHeader, goodClaims, good }: Forge): Promise<Hostile[]> {
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
async function confused({ goodHeader, key, hmac }: Forge): Promise<Hostile[]> {
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
async function embedded({ goodHeader, key, goodClaims, attackerUrl, sign }: Forge): Promise<Hostile[]> {
  const other = await createSigningKey()
  const jwk = { ...other.publicJwk, kid: key.publicJwk.kid }
  const url = `${attackerUrl}/keys`
  const headers: readonly (readonly [string, Record<string, unknown>])[] = [
    ['the right kid', {}],
    ['jwk', { jwk }],
    ['jwk and its kid', { jwk: other.publicJwk, kid: other.publicJwk.kid }],
    ['jku', { jku: url }],
    ['jku and its kid', { jku: url, kid: other.publicJwk.kid }],
    ['jku with user info', { jku: `http://x@trusted.example@${new URL(attackerUrl).host}/keys` }],
    ['x5u', { x5u: url }],
    ['x5c', { x5c: [b64('certificate')] }],
    ['x5t', { x5t: b64('thumbprint'), 'x5t#S256': b64('thumbprint') }],
    ['iss in the header', { iss: attackerUrl }],
  ]
  const signed = headers.map(async ([name, header]): Promise<Hostile> => [
    `another key with ${name}`,
    await sign(header, other),
  ])
  return [
    ...(await Promise.all(signed)),
    ['ES256 by a key of the attacker', await sign({}, await createSigningKey('ES256'))],
    ['PS256 by a key of the attacker', await sign({}, await createSigningKey('PS256'))],
    [
      'ES256 with a signature of zeros',
      `${b64(JSON.stringify({ ...goodHeader(), alg: 'ES256' }))}.${b64(JSON.stringify(goodClaims()))}.${b64(Buffer.alloc(64))}`,
    ],
  ]
}

/** Names of keys that are paths, queries and commands. */
async function keyNames({ goodHeader, key, goodClaims, attackerUrl, sign, signRaw }: Forge): Promise<Hostile[]> {
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
    `${attackerUrl}/keys`,
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
        ? await sign({ kid }, other)
        : await signRaw(JSON.stringify({ ...goodHeader(), kid }), JSON.stringify(goodClaims())),
    ]),
  )
}

/** Extensions nobody here understands. */
async function critical({ goodHeader, goodClaims, signRaw }: Forge): Promise<Hostile[]> {
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
async function doubled({ goodClaims, goodHeader, signRaw }: Forge): Promise<Hostile[]> {
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
async function misspelled({ goodClaims, goodHeader, good, signRaw }: Forge): Promise<Hostile[]> {
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
async function oversized({ goodHeader, goodClaims, good, withClaims, signRaw }: Forge): Promise<Hostile[]> {
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
