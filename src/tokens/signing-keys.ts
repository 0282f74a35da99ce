// Signs and verifies the tokens this gateway issues: RS256, one active key, every published one good for verifying.
import { type JWK, type JWTPayload, SignJWT, importJWK, jwtVerify } from 'jose'
import { fromBase64Url } from '../kit/base64url.ts'
import { rsaPrivateJwk, type RsaPrimes } from '../kit/rsa.ts'

/** `next` is published before it signs, `previous` until its tokens are gone. */
export interface TokenKey {
  readonly kid: string
  readonly state: 'next' | 'active' | 'previous'
  readonly n: string
  readonly primes: RsaPrimes | null
}

export interface TokenSigner {
  readonly issuer: string
  /** `type` is the header's `typ`: what tells kinds of tokens apart that one key signs (RFC 8725 §3.11). */
  sign(type: string, claims: JWTPayload): Promise<string>
  /** The claims of a token of that type which was signed here and is not expired for longer; null for every other text. */
  verify(type: string, token: string, expiredForS: number): Promise<JWTPayload | null>
  publicKeys(): readonly JWK[]
}

const algorithm = 'RS256'
const longest = 16 * 1024

/** RS256 because every library verifies it; signing costs 4 ms with 4096 bits, so nothing on the way to the site signs. */
export function createTokenSigner(issuer: string, keys: readonly TokenKey[]): TokenSigner {
  const active = keys.find(({ state }) => state === 'active')
  // Values and not promises: a promise that one request made must not be awaited by another.
  let signingKey: CryptoKey | undefined
  const verifying = new Map<string, CryptoKey>()

  async function signWith(): Promise<CryptoKey> {
    if (signingKey !== undefined) return signingKey
    if (active === undefined || active.primes === null) throw new TypeError('no active key')
    return (signingKey = await imported({ ...rsaPrivateJwk(active.primes), alg: algorithm }))
  }

  async function verifyWith(kid: unknown): Promise<CryptoKey | null> {
    const key = keys.find((candidate) => candidate.kid === kid)
    if (key === undefined) return null
    const atHand = verifying.get(key.kid) ?? (await imported(publicHalf(key)))
    verifying.set(key.kid, atHand)
    return atHand
  }

  return {
    issuer,
    publicKeys: () => keys.map(publicHalf),
    async sign(type, claims) {
      return new SignJWT(claims)
        .setProtectedHeader({ alg: algorithm, typ: type, kid: String(active?.kid) })
        .setIssuer(issuer)
        .sign(await signWith())
    },
    async verify(type, token, expiredForS) {
      const key = await verifyWith(keyIdOf(token))
      if (key === null) return null
      const expected = { algorithms: [algorithm], issuer, typ: type, requiredClaims: ['exp', 'iat', 'sub'] }
      const verified = await jwtVerify(token, key, { ...expected, clockTolerance: expiredForS }).catch(() => null)
      return verified?.payload ?? null
    },
  }
}

/** Null too for a token that is spelled in another way than it was issued: one token has one text. */
function keyIdOf(token: string): unknown {
  if (token.length > longest) return null
  const [head, ...rest] = token.split('.', 4).map(fromBase64Url)
  if (head === undefined || head === null || rest.length !== 2 || rest.includes(null)) return null
  try {
    const { kid } = JSON.parse(new TextDecoder().decode(head)) as { kid?: unknown }
    return kid
  } catch {
    return null
  }
}

async function imported(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, algorithm)
  if (key instanceof Uint8Array) throw new TypeError('not an RSA key')
  return key
}

function publicHalf({ kid, n }: TokenKey): JWK {
  return { kty: 'RSA', n, e: 'AQAB', kid, alg: algorithm, use: 'sig' }
}
