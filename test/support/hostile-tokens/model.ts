// What forgeries are made of: a JWT that is believed, and the key that signed it. Whatever is changed about it after that is
// the only thing wrong.
import { createHmac } from 'node:crypto'
import { type SigningKey, type TestIssuer, signToken } from '../issuer.ts'

type Members = Readonly<Record<string, unknown>>

export type Hostile = readonly [name: string, token: string]

/** What is right: a key by RS256 that its verifier has, and what the verifier would believe if that key had signed it. */
interface Genuine {
  readonly key: SigningKey
  readonly goodHeader: () => Members
  /** Of one that is believed at this moment. */
  readonly goodClaims: () => Members
  /** Of a server of somebody else, who is to be asked nothing. */
  readonly attackerUrl: string
  /** Of whom the verifier does ask. */
  readonly trustedUrl: string
}

export interface Forge extends Genuine {
  readonly good: () => Promise<string>
  readonly withClaims: (claims: Members) => Promise<string>
  /** By whatever key, under the name of the right one unless the header says another. */
  readonly sign: (header: Members, by: SigningKey) => Promise<string>
  /** Signs any text as header and claims, with the right key: what a sloppy owner of it could be brought to sign. */
  readonly signRaw: (header: string, claims: string | Buffer) => Promise<string>
  readonly hmac: (header: Members, secret: string | Buffer, algorithm?: string) => string
}

/** Forgeries of an issuer's tokens. */
export interface Model extends Forge {
  readonly issuer: { readonly url: string }
  readonly audience: string
  readonly attacker: TestIssuer
  readonly gatewayUrl: string
}

export const b64 = (value: string | Buffer): string => Buffer.from(value).toString('base64url')

export function createForge(genuine: Genuine): Forge {
  const { key, goodHeader, goodClaims } = genuine
  const write = (by: SigningKey, header: Members, claims: Members): Promise<string> =>
    signToken(by, { ...goodClaims(), ...claims }, { typ: undefined, ...goodHeader(), alg: by.algorithm, ...header })
  return {
    ...genuine,
    good: () => write(key, {}, {}),
    withClaims: (claims) => write(key, {}, claims),
    sign: (header, by) => write(by, header, {}),
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

export function createModel(
  honest: Pick<Model, 'key' | 'goodClaims' | 'issuer' | 'audience' | 'attacker' | 'gatewayUrl'>,
): Model {
  const { key, goodClaims, issuer, attacker } = honest
  const goodHeader = (): Members => ({ alg: 'RS256', kid: key.publicJwk.kid, typ: 'at+jwt' })
  const forge = createForge({ key, goodHeader, goodClaims, attackerUrl: attacker.url, trustedUrl: issuer.url })
  return { ...honest, ...forge }
}
