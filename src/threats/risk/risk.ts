// Judges sign-ins by the trained model, under the site's policy, and counts what came of it.
import { enforces } from '../../kit/flag.ts'
import { type RiskAction, type RiskBand, type RiskPolicy, actionOf, bandOf } from './decide-risk.ts'
import { type FeatureName, type RiskFacts, featuresOf } from './features.ts'
import { parseModel, reasonsOf, scoreOf } from './model.ts'
import { trainedModel } from './trained-model.ts'

export interface RiskVerdict {
  readonly score: number
  readonly band: RiskBand
  readonly action: RiskAction
  readonly isEnforced: boolean
  readonly isImpossibleTravel: boolean
  /** What speaks most for its not being the owner, strongest first. */
  readonly reasons: readonly FeatureName[]
}

export interface RiskTally {
  readonly band: RiskBand
  readonly judged: number
}

export interface RiskJudge {
  readonly state: RiskPolicy['state']
  /** `account`: whose sign-in it is, hidden; a share of the accounts may be what is enforced. */
  judge(facts: RiskFacts, account: string): RiskVerdict
  /** Of a right proof that was held back, or would have been. */
  countHeld(isEnforced: boolean): void
  tallies(): readonly RiskTally[]
  held(): { readonly held: number; readonly wouldHold: number; readonly impossibleTravel: number }
}

const shownReasons = 3

export function createRiskJudge(policy: RiskPolicy): RiskJudge {
  const model = parseModel(trainedModel)
  const tallies = { low: 0, medium: 0, high: 0 }
  const counts = { held: 0, wouldHold: 0, impossibleTravel: 0 }
  return {
    state: policy.state,
    judge(facts, account) {
      const features = featuresOf(facts)
      const scored = scoreOf(model, features)
      const band = bandOf(scored.score, policy)
      const isImpossibleTravel = features.impossibleTravel === 1
      tallies[band] += 1
      if (isImpossibleTravel) counts.impossibleTravel += 1
      return {
        score: scored.score,
        band,
        action: actionOf(band, policy),
        isEnforced: enforces(policy.state, { name: 'risk', subject: account, nowMs: facts.visit.atMs }),
        isImpossibleTravel,
        reasons: band === 'low' ? [] : reasonsOf(scored, shownReasons),
      }
    },
    countHeld: (isEnforced) => {
      counts[isEnforced ? 'held' : 'wouldHold'] += 1
    },
    tallies: () => (['low', 'medium', 'high'] as const).map((band) => ({ band, judged: tallies[band] })),
    held: () => counts,
  }
}
