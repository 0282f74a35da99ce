// The networks of a running gateway: what the lists say of them, what the rules make of that, and how often.
import { BoundedMap } from '../kit/bounded-map.ts'
import { hourMs } from '../kit/duration.ts'
import { type NetworkDecision, type NetworkRule, decideNetwork } from './network-rules.ts'
import type { Listed, NetworkLists } from './network-lists/network-lists.ts'

export interface NetworkOpinion {
  readonly listed: Listed
  readonly decision: NetworkDecision | null
}

export interface NetworkFinding extends NetworkOpinion {
  readonly decision: NetworkDecision
  /** The first of this address for an hour, as far as this isolate knows: worth putting on record. */
  readonly isNew: boolean
}

interface NetworkTally {
  readonly rule: string
  readonly blocked: number
  readonly wouldBlock: number
}

export interface Networks {
  /** What is decided about it; nothing is counted. */
  decide(ip: string | null, path: string, background: Parameters<NetworkLists['lookup']>[1]): NetworkOpinion
  /** Null: nothing is to be said of it. */
  judge(ip: string | null, path: string, background: Parameters<NetworkLists['lookup']>[1]): NetworkFinding | null
  readonly lookup: NetworkLists['lookup']
  readonly sizes: NetworkLists['sizes']
  tallies(): readonly NetworkTally[]
}

export interface NetworksOptions {
  readonly lists: NetworkLists
  readonly rules: readonly NetworkRule[]
  /** One client however it is spelled. */
  readonly subjectOf: (ip: string) => string
  readonly now: () => number
}

const addressesKept = 10_000

export function createNetworks({ lists, rules, subjectOf, now }: NetworksOptions): Networks {
  const toldAtMs = new BoundedMap<string, number>(addressesKept)
  const tallies = new Map(rules.map(({ id }) => [id, { rule: id, blocked: 0, wouldBlock: 0 }]))

  function isNew(subject: string): boolean {
    const told = toldAtMs.get(subject)
    if (told !== undefined && now() - told < hourMs) return false
    toldAtMs.set(subject, now())
    return true
  }

  function decide(ip: string | null, path: string, background: Parameters<NetworkLists['lookup']>[1]): NetworkOpinion {
    const listed = lists.lookup(ip, background)
    if (ip === null || listed.kinds.length === 0) return { listed, decision: null }
    return { listed, decision: decideNetwork(rules, listed, { path, subject: subjectOf(ip), nowMs: now() }) }
  }

  return {
    decide,
    judge(ip, path, background) {
      const { listed, decision } = decide(ip, path, background)
      if (ip === null || decision === null || decision.outcome === 'allow') return null
      const subject = subjectOf(ip)
      const tally = tallies.get(decision.rule.id)
      if (tally !== undefined) tally[decision.outcome === 'block' ? 'blocked' : 'wouldBlock'] += 1
      return { decision, listed, isNew: isNew(subject) }
    },
    lookup: (ip, background) => lists.lookup(ip, background),
    sizes: () => lists.sizes(),
    tallies: () => [...tallies.values()],
  }
}
