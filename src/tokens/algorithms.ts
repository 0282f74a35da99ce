// Everything about a signature algorithm is one row: which keys it takes and how WebCrypto is told of it (RFC 7518 §3, RFC 8037).
import type { Algorithm } from './trusted-issuer.ts'

export interface AlgorithmRow {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  /** Null: the key type has none. */
  readonly crv: string | null
  /** The members of a public key, which are all that is imported: what else a key set says of a key decides nothing. */
  readonly members: readonly string[]
  /** Length in bytes of each member, where the curve fixes it. */
  readonly memberBytes: number | null
  readonly importAs: { readonly name: string; readonly hash?: string; readonly namedCurve?: string }
  readonly verifyAs: { readonly name: string; readonly hash?: string; readonly saltLength?: number }
}

const rsa = { kty: 'RSA', crv: null, members: ['n', 'e'], memberBytes: null } as const

export const algorithms = {
  RS256: {
    ...rsa,
    importAs: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    verifyAs: { name: 'RSASSA-PKCS1-v1_5' },
  },
  PS256: { ...rsa, importAs: { name: 'RSA-PSS', hash: 'SHA-256' }, verifyAs: { name: 'RSA-PSS', saltLength: 32 } },
  ES256: {
    kty: 'EC',
    crv: 'P-256',
    members: ['x', 'y'],
    memberBytes: 32,
    importAs: { name: 'ECDSA', namedCurve: 'P-256' },
    verifyAs: { name: 'ECDSA', hash: 'SHA-256' },
  },
  EdDSA: {
    kty: 'OKP',
    crv: 'Ed25519',
    members: ['x'],
    memberBytes: 32,
    importAs: { name: 'Ed25519' },
    verifyAs: { name: 'Ed25519' },
  },
} as const satisfies Record<Algorithm, AlgorithmRow>
