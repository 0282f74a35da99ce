// The rows of `login.providers`: other sites that people may sign in with. What they mean is said in provider-presets.ts.
import { z } from 'zod'
import { issuerOptions, issuerUrl } from './issuer-schema.ts'
import { providerOf } from './provider-presets.ts'

const { algorithms: algorithmsOption } = issuerOptions
const { emailVerified, emailDomains, subject, name: nameClaim } = issuerOptions.claims.unwrap().shape

const base = {
  /** Part of the address that is registered at the provider: `…/auth/v1/oidc/<id>/callback`. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits and hyphens, such as "google"'),
  clientId: z.string().min(1),
  /** What happens when somebody comes whom nobody here knows; left out, as `login.signUp` says. */
  unknownUsers: z.enum(['create', 'refuse']).nullable().default(null),
}
const name = z.string().min(1).max(40)
const clientSecret = z.string().min(1)

const oidc = z
  .strictObject({
    ...base,
    kind: z.literal('oidc'),
    name,
    issuer: issuerUrl,
    clientSecret: clientSecret.optional(),
    /** Left out: by the header, where there is a secret. */
    tokenAuth: z.enum(['basic', 'post', 'none']).optional(),
    /** The one that ID tokens are signed with. */
    algorithm: algorithmsOption.unwrap().element.default('RS256'),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
      .refine((scopes) => scopes.includes('openid'), 'a list with "openid"')
      .default(['openid', 'email', 'profile']),
    /** Left out: as `/.well-known/openid-configuration` of the issuer says. */
    endpoints: z
      .strictObject({
        authorization: issuerUrl,
        token: issuerUrl,
        jwks: issuerUrl,
        userinfo: issuerUrl.optional(),
        /** Answers always name their issuer (RFC 9207). */
        namesIssuer: z.boolean().default(false),
      })
      .optional(),
    claims: z.strictObject({ subject, emailVerified, emailDomains, name: nameClaim }).prefault({}),
  })
  .refine(
    ({ clientSecret: secret, tokenAuth }) =>
      (secret === undefined) === ((tokenAuth ?? (secret ? 'basic' : 'none')) === 'none'),
    'a clientSecret, or tokenAuth: "none"',
  )

const google = z.strictObject({
  ...base,
  kind: z.literal('google'),
  name: name.default('Google'),
  clientSecret,
  /** Only people of this Workspace. */
  hostedDomain: z.string().min(1).optional(),
})

const microsoft = z.strictObject({
  ...base,
  kind: z.literal('microsoft'),
  name: name.default('Microsoft'),
  clientSecret,
  tenantId: z.guid('the id of the tenant (not "common": any tenant on earth could then sign people in)'),
  /** Whether the tenant's addresses are its people's own; left out, where `xms_edov` says so. */
  emailVerified,
  emailDomains,
})

const github = z.strictObject({
  ...base,
  kind: z.literal('github'),
  name: name.default('GitHub'),
  clientSecret,
  /** Another one than github.com, and its API. */
  site: issuerUrl.default('https://github.com'),
  api: issuerUrl.default('https://api.github.com'),
})

export type PlainRow = z.output<typeof oidc>
export type GoogleRow = z.output<typeof google>
export type MicrosoftRow = z.output<typeof microsoft>
export type GithubRow = z.output<typeof github>
export type ProviderRow = PlainRow | GoogleRow | MicrosoftRow | GithubRow

export const providersSchema = z
  .array(z.discriminatedUnion('kind', [oidc, google, microsoft, github]).transform(providerOf))
  .refine((rows) => new Set(rows.map(({ id }) => id)).size === rows.length, 'an id of its own for each provider')
  .refine((rows) => new Set(rows.map(({ issuer }) => issuer)).size === rows.length, 'one row for each issuer')
  .default([])
