// The rows of `login.providers`: other sites that people may sign in with. What is known of a vendor is filled in here.
import { z } from 'zod'
import type { IdentityProvider, OidcEndpoints } from '../login/oidc/provider.ts'
import { issuerOptions, issuerUrl, trustedIssuer } from './issuer-schema.ts'

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

type Row = z.output<typeof oidc | typeof google | typeof microsoft | typeof github>

export const providersSchema = z
  .array(z.discriminatedUnion('kind', [oidc, google, microsoft, github]).transform(providerOf))
  .refine((rows) => new Set(rows.map(({ id }) => id)).size === rows.length, 'an id of its own for each provider')
  .refine((rows) => new Set(rows.map(({ issuer }) => issuer)).size === rows.length, 'one row for each issuer')
  .default([])

function providerOf(row: Row): IdentityProvider {
  switch (row.kind) {
    case 'oidc':
      return plain(row)
    case 'google':
      return googleProvider(row)
    case 'microsoft':
      return microsoftProvider(row)
    case 'github': {
      const { kind, id, name: shown, clientId, clientSecret: secret, unknownUsers, site, api } = row
      return { kind, id, name: shown, clientId, clientSecret: secret, unknownUsers, issuer: site, api }
    }
  }
}

function plain(row: z.output<typeof oidc>): IdentityProvider {
  const { endpoints, clientSecret: secret = null } = row
  const facts = { issuer: row.issuer, jwksUrl: endpoints?.jwks ?? null, algorithms: [row.algorithm] }
  return {
    ...common(row, secret),
    rules: rulesOf(row.clientId, facts, row.claims),
    endpoints:
      endpoints === undefined
        ? null
        : {
            authorization: endpoints.authorization,
            token: endpoints.token,
            userinfo: endpoints.userinfo ?? null,
            namesIssuer: endpoints.namesIssuer,
          },
    issuer: row.issuer,
    scopes: row.scopes,
    tokenAuth: row.tokenAuth ?? (secret === null ? 'none' : 'basic'),
    hints: {},
  }
}

/** It vouches for its own addresses and those of its customers' domains; another one may be somebody else's by now. */
function googleProvider(row: z.output<typeof google>): IdentityProvider {
  const { hostedDomain } = row
  const facts = {
    issuer: 'https://accounts.google.com',
    jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
    claims: { emailAuthority: { domains: ['gmail.com', 'googlemail.com'], orWith: ['hd'] } },
    required: hostedDomain === undefined ? {} : { hd: hostedDomain },
  }
  return {
    ...common(row, row.clientSecret),
    issuer: facts.issuer,
    rules: rulesOf(row.clientId, facts, {}),
    endpoints: {
      authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
      token: 'https://oauth2.googleapis.com/token',
      userinfo: null,
      namesIssuer: false,
    },
    hints: hostedDomain === undefined ? {} : { hd: hostedDomain },
  }
}

/** One tenant. `sub` is another one for each application; `oid` is the person, as in bearer tokens of the same tenant. */
function microsoftProvider(row: z.output<typeof microsoft>): IdentityProvider {
  const place = `https://login.microsoftonline.com/${row.tenantId}`
  const facts = {
    issuer: `${place}/v2.0`,
    jwksUrl: `${place}/discovery/v2.0/keys`,
    claims: { subject: ['oid'], emailVerified: ['xms_edov'] },
    required: { ver: '2.0' },
  }
  const endpoints: OidcEndpoints = {
    authorization: `${place}/oauth2/v2.0/authorize`,
    token: `${place}/oauth2/v2.0/token`,
    userinfo: null,
    namesIssuer: false,
  }
  const { emailVerified: verified, emailDomains: domains } = row
  const claims = { emailVerified: verified, emailDomains: domains }
  return {
    ...common(row, row.clientSecret),
    issuer: facts.issuer,
    rules: rulesOf(row.clientId, facts, claims),
    endpoints,
    hints: {},
  }
}

function common({ id, name: shown, clientId, unknownUsers }: Row, secret: string | null) {
  return {
    kind: 'oidc' as const,
    id,
    name: shown,
    clientId,
    clientSecret: secret,
    unknownUsers,
    scopes: ['openid', 'email', 'profile'] as readonly string[],
    tokenAuth: 'post' as const,
  }
}

type Facts = Pick<Parameters<typeof trustedIssuer>[0], 'issuer' | 'jwksUrl' | 'algorithms' | 'claims'> & {
  readonly required?: Readonly<Record<string, string>>
}

/** The rules of bearer tokens, for one audience: us. What only bearer tokens need is left at its default. */
function rulesOf(clientId: string, { required = {}, ...facts }: Facts, claims: z.output<typeof oidc>['claims']) {
  const options = z.strictObject(issuerOptions).parse({ claims })
  const tokenType = { header: null, claims: required }
  return trustedIssuer({ ...facts, audiences: [clientId], audienceClaim: 'aud', tokenType }, options)
}
