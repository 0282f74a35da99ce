// The part of the composition root that watches for threats.
import { networkListReporter } from './audit/network-list-reports.ts'
import { type AuditTrail, auditShardName, createAuditTrail } from './audit/trail.ts'
import type { Settings } from './config/settings.ts'
import type { Deps } from './deps.ts'
import { addressSubject } from './limits/subject.ts'
import type { ListSettings, ListStore } from './threats/network-lists/lists.ts'
import { createNetworkLists } from './threats/network-lists/network-lists.ts'
import type { RiskPolicy } from './threats/risk/decide-risk.ts'
import { createRiskJudge } from './threats/risk/risk.ts'
import { askedInTime } from './limits/limiter.ts'
import { type WatchingObject, createWatch } from './threats/watch.ts'
import { createWatchedSubjects } from './limits/watched-at.ts'
import { createNetworks } from './threats/networks.ts'

export function createThreatWatch(
  env: Env,
  { config }: Settings,
  { audit, secret, now }: Pick<Deps, 'audit' | 'now'> & { readonly secret: Uint8Array },
): Pick<Deps, 'networks' | 'watch' | 'watched' | 'risk'> {
  const { threats, limits } = config
  const lists = createNetworkLists({
    lists: listSettings(threats),
    overrides: threats.overrides.map(({ network: prefix, kinds }) => ({ prefix, kinds })),
    store: listStore(env),
    report: networkListReporter(audit),
    now,
  })
  const subjectOf = (ip: string): string => addressSubject(ip, limits.ipv6Prefix)
  const { shards, ipv6Prefix } = limits
  return {
    networks: createNetworks({ lists, rules: threats.networkRules, subjectOf, now }),
    watch: createWatch({ object: bounded((name) => env.LIMITS.getByName(name)), policy: threats.detectors, now }),
    risk: createRiskJudge(riskPolicy(config)),
    watched: createWatchedSubjects({ secret, shards, ipv6Prefix }),
  }
}

/** A login waits for what is known of its network, and no longer than for a count. */
function bounded(object: (name: string) => WatchingObject): (name: string) => WatchingObject {
  return (name) => {
    const asked = object(name)
    return {
      sighted: (...given) => asked.sighted(...given),
      suspicion: (key) => askedInTime(async () => asked.suspicion(key)),
    }
  }
}

/** Without links there is nothing to mail. */
function riskPolicy({ threats: { risk }, login }: Settings['config']): RiskPolicy {
  const hasLinks = login.magicLink && login.methods['magic-link'] !== 'off'
  return { ...risk, whenHigh: hasLinks ? risk.whenHigh : 'refuse' }
}

function listSettings({ lists }: Settings['config']['threats']): readonly ListSettings[] {
  return lists.map(({ megabytes, ...list }) => ({ ...list, mostBytes: megabytes * 1024 * 1024 }))
}

function listStore(env: Env): (id: string) => ListStore {
  return (id) => env.NETWORK_LISTS.getByName(`list:${id}`)
}

/** Gets every list that is due. One that fails keeps no other waiting for the next hour. */
export async function refreshNetworkLists(env: Env, { config }: Settings): Promise<void> {
  const audit: AuditTrail = createAuditTrail(() => env.AUDIT.getByName(auditShardName()), Date.now)
  const report = networkListReporter(audit)
  const store = listStore(env)
  const refreshed = listSettings(config.threats).map(async (list) => report(list, await store(list.id).refresh(list)))
  const faults = (await Promise.allSettled(refreshed)).flatMap((one): unknown[] =>
    one.status === 'rejected' ? [one.reason] : [],
  )
  if (faults.length > 0) throw new AggregateError(faults, 'network lists')
}
