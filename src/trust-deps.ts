// The part of the composition root that says whose word is taken for who somebody is: issuers of tokens, and other sites.
import { keySetReporter } from './audit/key-set-failures.ts'
import type { Settings } from './config/settings.ts'
import type { Deps } from './deps.ts'
import { type BearerTokens, type FindPerson, createBearerTokens } from './identity/bearer-token.ts'
import { githubClient } from './login/oidc/github-client.ts'
import { oidcClient } from './login/oidc/oidc-client.ts'
import type { ProviderClient } from './login/oidc/provider.ts'
import { sessionPolicy } from './sessions/policy.ts'
import { shardOf } from './sessions/shard.ts'
import { type KeySetStore, type KeySource, createRemoteKeys } from './tokens/key-sets.ts'
import { createSharedSecretCheck } from './tokens/shared-secret.ts'
import type { TrustedIssuer } from './tokens/trusted-issuer.ts'
import { verifyAnyToken } from './tokens/verify-shared.ts'
import type { Trusted } from './tokens/verify-token.ts'
import { externalPerson } from './users/external-person.ts'
import { createExternalUsers } from './users/external-users.ts'

/** Whose tokens are accepted, and where the keys of each come from. Null where there is nobody. */
export function bearerTokens(
  env: Env,
  { config }: Settings,
  {
    audit,
    own,
    sessions: { standings },
    sharedSecretUses,
    now,
  }: Pick<Deps, 'audit' | 'sessions' | 'sharedSecretUses' | 'now'> & { readonly own: Trusted | null },
): BearerTokens | null {
  const users = createExternalUsers({
    shardOf: (userId, continent) => shardOf(userId, continent, config.sessions.shards),
    standings,
    provenMs: sessionPolicy(config.sessions).provenMs,
    now,
  })
  const personOf = (rules: TrustedIssuer): FindPerson => externalPerson({ users, standings }, rules)
  const byKeys = config.issuers
    .filter(({ sharedSecret }) => sharedSecret === undefined)
    .map((rules): Trusted => ({
      rules,
      keys: remoteKeys(env, rules, { audit, now }),
      person: personOf(rules),
    }))
  if (own !== null) byKeys.push(own)
  const bySecret = config.issuers.flatMap((rules) => {
    if (rules.sharedSecret === undefined) return []
    const secret = createSharedSecretCheck(rules.sharedSecret, sharedSecretUses.noteFor(rules.issuer))
    return [{ rules, secret, person: personOf(rules) }]
  })
  if (byKeys.length + bySecret.length === 0) return null
  const trusted = { byKeys: byIssuer(byKeys), bySecret: byIssuer(bySecret) }
  return createBearerTokens({ verify: (token, visit, nowMs) => verifyAnyToken(token, trusted, visit, nowMs), now })
}

function byIssuer<Row extends { readonly rules: TrustedIssuer }>(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [row.rules.issuer, row]))
}

function remoteKeys(env: Env, rules: TrustedIssuer, { audit, now }: Pick<Deps, 'audit' | 'now'>): KeySource {
  const store = (): KeySetStore => env.KEY_SETS.getByName(`keys:${rules.issuer}`)
  return createRemoteKeys(rules, { store, report: keySetReporter(audit), now })
}

export function identityProviders(
  env: Env,
  { config }: Settings,
  parts: Pick<Deps, 'audit' | 'now'>,
): ReadonlyMap<string, ProviderClient> {
  const clients = config.login.providers.map((provider) =>
    provider.kind === 'github'
      ? githubClient(provider)
      : oidcClient(provider, remoteKeys(env, provider.rules, parts), parts.now),
  )
  return new Map(clients.map((client) => [client.provider.id, client]))
}
