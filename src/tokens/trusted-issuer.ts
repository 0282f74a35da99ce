// What the owner of a site says of an issuer whose tokens are accepted. Everything a token is measured by stands here;
// nothing of it is ever taken from a token.

export type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA'

/** Names of members, from the claims inwards: `['realm_access', 'roles']`. */
export type ClaimPath = readonly string[]

/** What a claim has to be for a token to be of the accepted kind: a value, another than a value, or merely there. */
export type ClaimRule =
  | string
  | number
  | boolean
  | { readonly not: string | number | boolean }
  | { readonly present: true }

export interface ClaimMapping {
  readonly subject: ClaimPath
  readonly email: ClaimPath
  /** A claim, or what holds for every address the issuer states. */
  readonly emailVerified: ClaimPath | boolean
  /** Whose mailboxes the issuer can speak for: addresses of these domains, or of anybody with the claim. Null: everybody's. */
  readonly emailAuthority: { readonly domains: readonly string[]; readonly orWith: ClaimPath | null } | null
  readonly name: ClaimPath
  /** Null: the issuer gives nobody a role here. */
  readonly roles: ClaimPath | null
  readonly amr: ClaimPath
  /** The token speaks of two factors when the claim is, or lists, one of these. */
  readonly secondFactor: { readonly claim: ClaimPath; readonly anyOf: readonly string[] }
}

/** What a system that is being replaced signs with, and when it stops counting. */
export interface SharedSecret {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly untilMs: number
}

export interface TrustedIssuer {
  /** Compared character by character with `iss`, and part of what its users are known by. */
  readonly issuer: string
  /** Null: as the issuer's discovery document says. */
  readonly jwksUrl: string | null
  /** In place of keys, and never beside them: then there are no `algorithms`. */
  readonly sharedSecret?: SharedSecret
  readonly algorithms: readonly Algorithm[]
  readonly audiences: readonly string[]
  /** Where the issuer says whom a token is for; some do not use `aud`. */
  readonly audienceClaim: string
  readonly tokenType: { readonly header: string | null; readonly claims: Readonly<Record<string, ClaimRule>> }
  readonly claims: ClaimMapping
  /** How far the issuer's clock may be from ours, so for this long a request counts after its token's `exp`; not what it opens. */
  readonly leewayMs: number
  readonly maxLifetimeMs: number
  readonly unknownUsers: 'create' | 'refuse'
  /** Whether an address the issuer calls proven is kept, and whoever has proven it here is the same person. */
  readonly linkVerifiedEmail: boolean
  /** Whether the origin gets the token as well as the assertion. */
  readonly forwardToken: boolean
}
