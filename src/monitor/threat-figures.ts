// What this isolate can say in figures of the threats it watches for.
import type { Networks } from '../threats/networks.ts'
import type { RiskJudge } from '../threats/risk/risk.ts'
import type { DetectorTally } from '../threats/watch.ts'
import type { Metric } from './prometheus.ts'

export function networkMetrics(networks: Pick<Networks, 'sizes' | 'tallies'>): readonly Metric[] {
  const perRule = (outcome: 'blocked' | 'wouldBlock', name: string): Metric => ({
    name,
    type: 'counter',
    values: networks.tallies().map((tally) => ({ labels: { rule: tally.rule }, value: tally[outcome] })),
  })
  return [
    {
      name: 'portcullis_network_list_entries',
      type: 'gauge',
      values: networks.sizes().map(({ list, entries }) => ({ labels: { list }, value: entries })),
    },
    perRule('blocked', 'portcullis_network_blocked_total'),
    perRule('wouldBlock', 'portcullis_network_would_block_total'),
  ]
}

/** Findings, not requests. */
export function detectorMetrics(tallies: readonly DetectorTally[]): readonly Metric[] {
  const perDetector = (outcome: 'found' | 'enforced', name: string): Metric => ({
    name,
    type: 'counter',
    values: tallies.map((tally) => ({ labels: { detector: tally.detector }, value: tally[outcome] })),
  })
  return [
    perDetector('found', 'portcullis_threats_detected_total'),
    perDetector('enforced', 'portcullis_threats_enforced_total'),
  ]
}

export function riskMetrics(risk: Pick<RiskJudge, 'tallies' | 'held'>): readonly Metric[] {
  const { held, wouldHold, impossibleTravel } = risk.held()
  const one = (name: string, value: number): Metric => ({ name, type: 'counter', values: [{ value }] })
  return [
    {
      name: 'portcullis_login_risk_total',
      type: 'counter',
      values: risk.tallies().map(({ band, judged }) => ({ labels: { band }, value: judged })),
    },
    one('portcullis_login_held_total', held),
    one('portcullis_login_would_hold_total', wouldHold),
    one('portcullis_impossible_travel_total', impossibleTravel),
  ]
}
