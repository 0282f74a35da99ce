// Whose bearer tokens are accepted, where the keys or the secret of each come from, and who they speak for.
import { keySetReporter } from './audit/key-set-failures.ts'
import type { Settings } from './config/settings.ts'
import type { Deps } from './deps.ts'
import { type BearerTokens, createBearerTokens } from './identity/bearer-token.ts'
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
export function createAcceptedTokens(
  env: Env,
  { config }: Settings,
  {
    audit,
    own,
    sharedSecretUses,
    now,
  }: Pick<Deps, 'audit' | 'sharedSecretUses' | 'now'> & { readonly own: Trusted | null },
): BearerTokens | null {
  const users = createExternalUsers({
    shardOf: (userId, continent) => shardOf(userId, continent, config.sessions.shards),
    provenMs: sessionPolicy(config.sessions).provenMs,
    now,
  })
  const byKeys = config.issuers
    .filter(({ sharedSecret }) => sharedSecret === undefined)
    .map((rules): Trusted => ({
      rules,
      keys: remoteKeys(env, rules, { audit, now }),
      person: externalPerson(users, rules),
    }))
  if (own !== null) byKeys.push(own)
  const bySecret = config.issuers.flatMap((rules) => {
    if (rules.sharedSecret === undefined) return []
    const secret = createSharedSecretCheck(rules.sharedSecret, sharedSecretUses.noteFor(rules.issuer))
    return [{ rules, secret, person: externalPerson(users, rules) }]
  })
  if (byKeys.length + bySecret.length === 0) return null
  const trusted = { byKeys: byIssuer(byKeys), bySecret: byIssuer(bySecret) }
  return createBearerTokens({ verify: (token, visit, nowMs) => verifyAnyToken(token, trusted, visit, nowMs), now })
}

function byIssuer<Row extends { readonly rules: TrustedIssuer }>(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [row.rules.issuer, row]))
}

export function remoteKeys(env: Env, rules: TrustedIssuer, { audit, now }: Pick<Deps, 'audit' | 'now'>): KeySource {
  const store = (): KeySetStore => env.KEY_SETS.getByName(`keys:${rules.issuer}`)
  return createRemoteKeys(rules, { store, report: keySetReporter(audit), now })
}
