// The rows of `issuers`: whose bearer tokens are accepted, and by what rules. A preset is a row filled in for a vendor.
import { z } from 'zod'
import type { Algorithm, ClaimPath, TrustedIssuer } from '../tokens/trusted-issuer.ts'
import { hourMs, secondMs } from '../kit/duration.ts'

/** Asymmetric only: with a shared secret whoever can verify can also sign. */
const algorithmNames = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const satisfies readonly Algorithm[]
const algorithms = z.array(z.enum(algorithmNames)).min(1)

/** A member of the claims by its exact name, or the way to one inside: `['realm_access', 'roles']`. */
const claimPath = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((path): ClaimPath => (typeof path === 'string' ? [path] : path))

const scalar = z.union([z.string(), z.number(), z.boolean()])
const claimRule = z.union([scalar, z.strictObject({ not: scalar }), z.strictObject({ present: z.literal(true) })])

/** Plain http only for what runs on this machine: whoever can answer for a key set can sign anybody in. */
export const issuerUrl = z
  .string()
  .refine(
    isIssuerUrl,
    'an https URL such as "https://id.example.com", without query or fragment; http only for localhost',
  )

function isIssuerUrl(text: string): boolean {
  if (!URL.canParse(text) || /[?#\s]/.test(text)) return false
  const { protocol, hostname, username } = new URL(text)
  const isLocal = hostname === 'localhost' || hostname === '127.0.0.1'
  return username === '' && (protocol === 'https:' || (protocol === 'http:' && isLocal))
}

/** What any row may say. What a row leaves out, its preset or the defaults below say. */
export const issuerOptions = {
  algorithms: algorithms.optional(),
  /** How far the clocks of issuer and gateway may differ. */
  leewaySeconds: z.number().min(0).max(60).default(30),
  /** A token that is good for longer is refused, whatever it says. */
  maxLifetimeHours: z.number().positive().max(8784).default(24),
  /** What happens at the first token of somebody nobody here knows. */
  unknownUsers: z.enum(['create', 'refuse']).default('create'),
  /** An address the issuer calls proven is kept, and whoever has proven it here is the same person. Else it is only told. */
  linkVerifiedEmail: z.boolean().default(true),
  /** Hands the token on to the origin, beside the assertion. */
  forwardToken: z.boolean().default(false),
  claims: z
    .strictObject({
      subject: claimPath.optional(),
      email: claimPath.optional(),
      /** A claim that is true, or what holds for all addresses of the issuer. */
      emailVerified: z.union([z.boolean(), claimPath]).optional(),
      /** The domains whose addresses the issuer can vouch for; left out, all of them. */
      emailDomains: z.array(z.string().min(1).toLowerCase()).min(1).optional(),
      name: claimPath.optional(),
      /** Null: no roles from this issuer. */
      roles: claimPath.nullable().optional(),
      amr: claimPath.optional(),
      secondFactor: z.strictObject({ claim: claimPath, anyOf: z.array(z.string().min(1)).min(1) }).optional(),
    })
    .prefault({}),
}

export const plainIssuer = z.strictObject({
  preset: z.undefined().optional(),
  issuer: issuerUrl,
  /** Left out: asked for at `/.well-known/openid-configuration` of the issuer. */
  jwksUrl: issuerUrl.optional(),
  audiences: z.array(z.string().min(1)).min(1, 'at least one audience'),
  /** The claim that names the audience. */
  audienceClaim: z.string().min(1).default('aud'),
  tokenType: z
    .strictObject({
      /** The `typ` of the header. */
      header: z.string().min(1).nullable().default(null),
      claims: z.record(z.string().min(1), claimRule).default({}),
    })
    .refine(
      ({ header, claims }) => header !== null || Object.keys(claims).length > 0,
      'a header type such as "at+jwt", or a claim rule such as { token_use: "access" }',
    )
    .prefault({ header: 'at+jwt' }),
  ...issuerOptions,
})

type IssuerOptions = Pick<z.output<typeof plainIssuer>, keyof typeof issuerOptions>

/** What a vendor's tokens are known to look like. */
export interface IssuerFacts {
  readonly issuer: string
  readonly jwksUrl: string | null
  readonly audiences: readonly string[]
  readonly audienceClaim: string
  readonly tokenType: TrustedIssuer['tokenType']
  readonly algorithms?: readonly Algorithm[]
  readonly claims?: Partial<TrustedIssuer['claims']>
}

const standardClaims: TrustedIssuer['claims'] = {
  subject: ['sub'],
  email: ['email'],
  emailVerified: ['email_verified'],
  emailAuthority: null,
  name: ['name'],
  roles: null,
  amr: ['amr'],
  // RFC 8176 §2: `mfa` says that more than one factor was used, which no single method name does.
  secondFactor: { claim: ['amr'], anyOf: ['mfa'] },
}

/** Options of the row win over what the preset knows, and that over the standards. */
export function trustedIssuer(facts: IssuerFacts, options: IssuerOptions): TrustedIssuer {
  const { emailDomains, ...paths } = options.claims
  const said = Object.fromEntries(Object.entries(paths).filter(([, value]) => value !== undefined))
  const emailAuthority = emailDomains === undefined ? {} : { emailAuthority: { domains: emailDomains, orWith: null } }
  return {
    issuer: facts.issuer,
    jwksUrl: facts.jwksUrl,
    algorithms: options.algorithms ?? facts.algorithms ?? ['RS256'],
    audiences: facts.audiences,
    audienceClaim: facts.audienceClaim,
    tokenType: facts.tokenType,
    claims: { ...standardClaims, ...facts.claims, ...said, ...emailAuthority },
    leewayMs: options.leewaySeconds * secondMs,
    maxLifetimeMs: options.maxLifetimeHours * hourMs,
    unknownUsers: options.unknownUsers,
    linkVerifiedEmail: options.linkVerifiedEmail,
    forwardToken: options.forwardToken,
  }
}
