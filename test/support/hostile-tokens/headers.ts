// Forgeries whose header asks for another verification than the one there is: none, another kind, another key, an extension.
import { createPublicKey } from 'node:crypto'
import { exportSPKI, importJWK } from 'jose'
import { type SigningKey, createSigningKey, signToken } from '../issuer.ts'
import { type Forge, type Hostile, type Model, b64 } from './model.ts'

/** Unsigned tokens, under every name `none` can be given. */
export async function unsigned({ goodClaims, goodHeader, good }: Forge): Promise<Hostile[]> {
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
export async function confused({ key, goodHeader, hmac }: Forge): Promise<Hostile[]> {
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
export async function embedded({
  key,
  attackerUrl,
  trustedUrl,
  goodClaims,
  goodHeader,
  sign,
}: Forge): Promise<Hostile[]> {
  const other = await createSigningKey()
  const jwk = { ...other.publicJwk, kid: key.publicJwk.kid }
  const url = `${attackerUrl}/keys`
  const headers: readonly (readonly [string, Record<string, unknown>])[] = [
    ['no more than that', {}],
    ['jwk', { jwk }],
    ['jwk and its kid', { jwk: other.publicJwk, kid: other.publicJwk.kid }],
    ['jku', { jku: url }],
    ['jku and its kid', { jku: url, kid: other.publicJwk.kid }],
    ['jku with user info', { jku: `${trustedUrl.replace('http://', 'http://x@')}@${new URL(attackerUrl).host}/keys` }],
    ['x5u', { x5u: url }],
    ['x5c', { x5c: [b64('certificate')] }],
    ['x5t', { x5t: b64('thumbprint'), 'x5t#S256': b64('thumbprint') }],
    ['iss in the header', { iss: attackerUrl }],
  ]
  const named = (by: SigningKey) =>
    headers.map(async ([name, header]): Promise<Hostile> => [
      `another key under the name of ${by === key ? 'the right one' : 'its own'}, with ${name}`,
      await sign({ kid: by.publicJwk.kid, ...header }, other),
    ])
  return [
    ...(await Promise.all([...named(key), ...named(other)])),
    ['ES256 by a key of the attacker', await sign({}, await createSigningKey('ES256'))],
    ['PS256 by a key of the attacker', await sign({}, await createSigningKey('PS256'))],
    [
      'ES256 with a signature of zeros',
      `${b64(JSON.stringify({ ...goodHeader(), alg: 'ES256' }))}.${b64(JSON.stringify(goodClaims()))}.${b64(Buffer.alloc(64))}`,
    ],
  ]
}

/** What is right in itself, of an issuer that nobody here trusts. */
export async function strangers({ attacker, goodClaims }: Model): Promise<Hostile[]> {
  const [key] = attacker.keys
  if (key === undefined) throw new Error('no key')
  const claims = { ...goodClaims(), iss: attacker.url }
  return [
    ['an issuer of the attacker’s own', await signToken(key, claims)],
    ['an issuer of the attacker’s own with jku', await signToken(key, claims, { jku: `${attacker.url}/keys` })],
  ]
}

/** Names of keys that are paths, queries and commands. */
export async function keyNames({ key, attackerUrl, goodClaims, goodHeader, sign, signRaw }: Forge): Promise<Hostile[]> {
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
export async function critical({ goodClaims, goodHeader, signRaw }: Forge): Promise<Hostile[]> {
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
