// What a row of `login.providers` means: the vendors' places and the ways in which their tokens differ from the standards.
import { z } from 'zod'
import type { IdentityProvider, OidcEndpoints } from '../login/oidc/provider.ts'
import { issuerOptions, trustedIssuer } from './issuer-schema.ts'
import type { GoogleRow, MicrosoftRow, PlainRow, ProviderRow } from './provider-schema.ts'

export function providerOf(row: ProviderRow): IdentityProvider {
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

function plain(row: PlainRow): IdentityProvider {
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
function googleProvider(row: GoogleRow): IdentityProvider {
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
function microsoftProvider(row: MicrosoftRow): IdentityProvider {
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

function common({ id, name: shown, clientId, unknownUsers }: ProviderRow, secret: string | null) {
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
function rulesOf(clientId: string, { required = {}, ...facts }: Facts, claims: PlainRow['claims']) {
  const options = z.strictObject(issuerOptions).parse({ claims })
  const tokenType = { header: null, claims: required }
  return trustedIssuer({ ...facts, audiences: [clientId], audienceClaim: 'aud', tokenType }, options)
}
