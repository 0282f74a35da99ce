// What this isolate can say in figures: of the database it asks, and of the limits it holds requests to.
import type { Database } from '../db/database.ts'
import type { LockoutTally } from '../limits/lockouts.ts'
import type { OutboxFigure } from '../outbox/outbox.ts'
import type { RuleTally } from '../limits/tally.ts'
import type { SharedSecretUses } from '../tokens/shared-secret-uses.ts'
import type { Metric } from './prometheus.ts'

export function databaseMetrics(database: Pick<Database, 'health'>): readonly Metric[] {
  const { state, inFlight, queries, failures, totalMs } = database.health()
  const one = (name: string, type: Metric['type'], value: number): Metric => ({ name, type, values: [{ value }] })
  return [
    one('portcullis_database_queries_total', 'counter', queries),
    one('portcullis_database_failures_total', 'counter', failures),
    one('portcullis_database_seconds_total', 'counter', totalMs / 1000),
    one('portcullis_database_in_flight', 'gauge', inFlight),
    one('portcullis_database_breaker_open', 'gauge', state === 'closed' ? 0 : 1),
  ]
}

export function limitMetrics(rules: readonly RuleTally[], lockouts: LockoutTally): readonly Metric[] {
  const perRule = (name: string, count: (tally: RuleTally) => number): Metric => ({
    name,
    type: 'counter',
    values: rules.map((tally) => ({ labels: { rule: tally.rule }, value: count(tally) })),
  })
  const outcomes = [
    { labels: { outcome: 'locked' }, value: lockouts.locked },
    { labels: { outcome: 'refused' }, value: lockouts.refused },
    { labels: { outcome: 'would_refuse' }, value: lockouts.wouldRefuse },
  ]
  return [
    perRule('portcullis_limit_allowed_total', ({ allowed }) => allowed),
    perRule('portcullis_limit_refused_total', ({ refused }) => refused),
    perRule('portcullis_limit_would_refuse_total', ({ wouldRefuse }) => wouldRefuse),
    perRule('portcullis_limit_counted_locally_total', ({ countedLocally }) => countedLocally),
    { name: 'portcullis_lockout_total', type: 'counter', values: outcomes },
    { name: 'portcullis_sms_saved_total', type: 'counter', values: savedTexts(rules) },
  ]
}

/** Texts that were not paid for. */
function savedTexts(rules: readonly RuleTally[]): Metric['values'] {
  return rules
    .filter(({ rule }) => rule.startsWith('sms-'))
    .map(({ rule, refused }) => ({ labels: { rule }, value: refused }))
}

/** Of the whole gateway, unlike the others: the outbox counts in its storage. */
export function messageMetrics(figures: readonly OutboxFigure[]): readonly Metric[] {
  const values = (isMeant: (figure: OutboxFigure) => boolean): Metric['values'] =>
    figures.filter(isMeant).map(({ channel, outcome, count }) => ({ labels: { channel, outcome }, value: count }))
  return [
    { name: 'portcullis_messages_total', type: 'counter', values: values(({ outcome }) => outcome !== 'waiting') },
    { name: 'portcullis_messages_waiting', type: 'gauge', values: values(({ outcome }) => outcome === 'waiting') },
  ]
}

/** Nothing where no issuer shares a secret. */
export function sharedSecretMetrics(tallies: ReturnType<SharedSecretUses['tallies']>): readonly Metric[] {
  if (tallies.length === 0) return []
  const values = tallies.flatMap(({ issuer, accepted, late }) => [
    { labels: { issuer, outcome: 'accepted' }, value: accepted },
    { labels: { issuer, outcome: 'late' }, value: late },
  ])
  return [{ name: 'portcullis_shared_secret_tokens_total', type: 'counter', values }]
}
