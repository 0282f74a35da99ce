// What the vendors' tokens look like, as each documents it: where they differ from the standards, and which claim tells an
// access token from everything else the same keys sign.
import { z } from 'zod'
import type { TrustedIssuer } from '../tokens/trusted-issuer.ts'
import { type IssuerFacts, issuerOptions, issuerUrl, plainIssuer, trustedIssuer } from './issuer-schema.ts'
import { sharedSecretIssuer } from './shared-secret-issuer.ts'

const names = z.array(z.string().min(1)).min(1, 'at least one')
const hostName = z.string().regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, 'a host such as "example.eu.auth0.com"')
const webOrigin = z
  .url({ protocol: /^https?$/ })
  .refine((text) => URL.canParse(text) && new URL(text).origin === text, 'an origin such as "https://app.example.com"')

/** Where keys come from, so as well protected as an issuer. */
const issuerOrigin = issuerUrl.refine(
  (text) => URL.canParse(text) && new URL(text).origin === text,
  'an https origin such as "https://clerk.example.com"',
)

const preset = <Name extends string, Fields extends z.core.$ZodLooseShape>(name: Name, fields: Fields) =>
  z.strictObject({ preset: z.literal(name), ...fields, ...issuerOptions })

const cognito = preset('cognito', {
  region: z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'a region such as "eu-central-1"'),
  userPoolId: z.string().regex(/^[\w-]+_[A-Za-z0-9]+$/, 'a user pool id such as "eu-central-1_AbCdEf"'),
  clientIds: names,
  /** Access tokens say neither address nor name; ID tokens do. */
  tokenUse: z.enum(['access', 'id']).default('access'),
})

const auth0 = preset('auth0', {
  domain: hostName,
  /** The identifier of the API. */
  audience: z.string().min(1),
  /** The API's token profile. */
  profile: z.enum(['auth0', 'rfc9068']).default('auth0'),
})

const clerk = preset('clerk', {
  frontendApi: issuerOrigin,
  /** Origins of the applications that may get tokens. */
  authorizedParties: z.array(webOrigin).min(1, 'at least one'),
})

const keycloak = preset('keycloak', {
  /** Where Keycloak lives, without the realm. */
  url: issuerUrl,
  realm: z.string().min(1),
  audiences: names,
})

const entra = preset('entra', {
  tenantId: z.guid('the id of the tenant (not "common": any tenant on earth could then sign people in)'),
  /** The application id of the API. */
  clientId: z.string().min(1),
})

const google = preset('google', {
  clientIds: names,
  /** Only people of this Workspace. */
  hostedDomain: z.string().min(1).optional(),
})

const supabase = preset('supabase', { projectUrl: issuerOrigin })

/** Any row becomes what it means. */
export const issuer = z.discriminatedUnion('preset', [
  sharedSecretIssuer,
  z
    .discriminatedUnion('preset', [plainIssuer, cognito, auth0, clerk, keycloak, entra, google, supabase])
    .transform((row): TrustedIssuer => trustedIssuer(factsOf(row), row)),
])

type Row = z.output<
  | typeof plainIssuer
  | typeof cognito
  | typeof auth0
  | typeof clerk
  | typeof keycloak
  | typeof entra
  | typeof google
  | typeof supabase
>

function factsOf(row: Row): IssuerFacts {
  switch (row.preset) {
    case undefined:
      return {
        issuer: row.issuer,
        jwksUrl: row.jwksUrl ?? null,
        audiences: row.audiences,
        audienceClaim: row.audienceClaim,
        tokenType: row.tokenType,
      }
    case 'cognito':
      return cognitoFacts(row)
    case 'auth0':
      return auth0Facts(row)
    case 'clerk':
      return clerkFacts(row)
    case 'keycloak':
      return keycloakFacts(row)
    case 'entra':
      return entraFacts(row)
    case 'google':
      return googleFacts(row)
    case 'supabase':
      return supabaseFacts(row)
  }
}

/** No `typ` in the header and no `aud` in access tokens: `token_use` and `client_id` stand in for them. */
function cognitoFacts({ region, userPoolId, clientIds, tokenUse }: z.output<typeof cognito>): IssuerFacts {
  const url = `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`
  return {
    issuer: url,
    jwksUrl: `${url}/.well-known/jwks.json`,
    audiences: clientIds,
    audienceClaim: tokenUse === 'access' ? 'client_id' : 'aud',
    tokenType: { header: null, claims: { token_use: tokenUse } },
    claims: { roles: ['cognito:groups'], ...(tokenUse === 'access' ? { name: ['username'] } : {}) },
  }
}

/** The issuer ends in a slash. Roles need a claim of one's own, added by an Action, under a name that is a URL. */
function auth0Facts({ domain, audience, profile }: z.output<typeof auth0>): IssuerFacts {
  return {
    issuer: `https://${domain}/`,
    jwksUrl: `https://${domain}/.well-known/jwks.json`,
    audiences: [audience],
    audienceClaim: 'aud',
    // An ID token has the same `typ` in the older profile, but is for a client and never for an API.
    tokenType: { header: profile === 'rfc9068' ? 'at+jwt' : 'JWT', claims: {} },
  }
}

/** Session tokens name the application's origin in `azp`. Tokens of JWT templates have no `sid`; unfinished sessions are pending. */
function clerkFacts({ frontendApi, authorizedParties }: z.output<typeof clerk>): IssuerFacts {
  return {
    issuer: frontendApi,
    jwksUrl: `${frontendApi}/.well-known/jwks.json`,
    audiences: authorizedParties,
    audienceClaim: 'azp',
    tokenType: { header: 'JWT', claims: { sid: { present: true }, sts: { not: 'pending' } } },
  }
}

/** The kind of a token is in the claim `typ`: Bearer, ID, Refresh, Offline, Logout. */
function keycloakFacts({ url, realm, audiences }: z.output<typeof keycloak>): IssuerFacts {
  const base = `${url.replace(/\/+$/, '')}/realms/${encodeURIComponent(realm)}`
  return {
    issuer: base,
    jwksUrl: `${base}/protocol/openid-connect/certs`,
    audiences,
    audienceClaim: 'aud',
    tokenType: { header: null, claims: { typ: 'Bearer' } },
    claims: { roles: ['realm_access', 'roles'] },
  }
}

/**
 * One tenant, version 2. An ID token has no `scp`; an application's own token has none either, so only people come. A
 * tenant's administrator writes what he likes into `email`: it is proven only where `xms_edov` says so.
 */
function entraFacts({ tenantId, clientId }: z.output<typeof entra>): IssuerFacts {
  const base = `https://login.microsoftonline.com/${tenantId}`
  return {
    issuer: `${base}/v2.0`,
    jwksUrl: `${base}/discovery/v2.0/keys`,
    audiences: [clientId],
    audienceClaim: 'aud',
    tokenType: { header: 'JWT', claims: { ver: '2.0', scp: { present: true } } },
    // `sub` is another one for each application; `oid` is the person in the tenant.
    claims: { subject: ['oid'], emailVerified: ['xms_edov'], roles: ['roles'] },
  }
}

/**
 * Google's access tokens are opaque, so what comes is an ID token. It vouches for its own addresses and those of its
 * customers' domains; another one was proven once, perhaps long ago, and may be somebody else's by now.
 */
function googleFacts({ clientIds, hostedDomain }: z.output<typeof google>): IssuerFacts {
  return {
    issuer: 'https://accounts.google.com',
    jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
    audiences: clientIds,
    audienceClaim: 'aud',
    tokenType: { header: 'JWT', claims: hostedDomain === undefined ? {} : { hd: hostedDomain } },
    claims: { emailAuthority: { domains: ['gmail.com', 'googlemail.com'], orWith: ['hd'] } },
  }
}

/** `user_metadata` is the user's to write, so nothing is read from it, the state of an address included. */
function supabaseFacts({ projectUrl }: z.output<typeof supabase>): IssuerFacts {
  const url = `${projectUrl}/auth/v1`
  return {
    issuer: url,
    jwksUrl: `${url}/.well-known/jwks.json`,
    audiences: ['authenticated'],
    audienceClaim: 'aud',
    algorithms: ['ES256'],
    // The keys sign tokens of services too, and of visitors without an account.
    tokenType: { header: 'JWT', claims: { role: 'authenticated', is_anonymous: { not: true } } },
    claims: { emailVerified: false, secondFactor: { claim: ['aal'], anyOf: ['aal2'] } },
  }
}
