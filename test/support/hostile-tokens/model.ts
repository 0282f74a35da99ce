// What hostile tokens are made of: a token that is accepted, and the key that signed it. Whatever is changed about it after that
// is the only thing wrong.
import { createHmac } from 'node:crypto'
import { type SigningKey, type TestIssuer, signToken } from '../issuer.ts'

type Members = Record<string, unknown>

export type Hostile = readonly [name: string, token: string]

/** The honest part. */
interface Honest {
  readonly key: SigningKey
  readonly issuer: { readonly url: string }
  readonly audience: string
  /** Of a token that is accepted at this moment. */
  readonly goodClaims: () => Members
  /** Whose keys nobody here trusts, and who is to be asked nothing. */
  readonly attacker: TestIssuer
  readonly gatewayUrl: string
}

export interface Model extends Honest {
  readonly goodHeader: () => Members
  readonly good: () => Promise<string>
  readonly withClaims: (claims: Members) => Promise<string>
  /** Signs any text as header and claims, with the issuer's own key: what a sloppy issuer could be brought to sign. */
  readonly signRaw: (header: string, claims: string | Buffer) => Promise<string>
  readonly hmac: (header: Members, secret: string | Buffer, algorithm?: string) => string
}

export const b64 = (value: string | Buffer): string => Buffer.from(value).toString('base64url')

export function createModel(honest: Honest): Model {
  const { key, goodClaims } = honest
  return {
    ...honest,
    goodHeader: () => ({ alg: 'RS256', kid: key.publicJwk.kid, typ: 'at+jwt' }),
    good: () => signToken(key, goodClaims()),
    withClaims: (claims) => signToken(key, { ...goodClaims(), ...claims }),
    async signRaw(header, claims) {
      const signed = `${b64(header)}.${b64(claims)}`
      const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key.privateKey, Buffer.from(signed))
      return `${signed}.${b64(Buffer.from(signature))}`
    },
    hmac(header, secret, algorithm = 'sha256') {
      const signed = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(goodClaims()))}`
      return `${signed}.${createHmac(algorithm, secret).update(signed).digest('base64url')}`
    },
  }
}
