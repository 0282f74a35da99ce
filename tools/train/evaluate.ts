// How right a model is about sign-ins it was not made from.
import { type RiskModel, scoreOf } from '../../src/threats/risk/model.ts'
import type { Sample } from './dataset.ts'
import { type AttackKind, attackKinds } from './parameters.ts'

export interface Confusion {
  readonly above: number
  readonly attacksFound: number
  readonly attacksMissed: number
  readonly ownersBothered: number
  readonly ownersLeftAlone: number
  readonly recall: number
  readonly precision: number
  readonly falsePositiveRate: number
}

export interface CalibrationStep {
  readonly from: number
  readonly to: number
  readonly samples: number
  /** What the scores of these samples say, and what they were. */
  readonly meanScore: number
  readonly attackShare: number
}

export interface Evaluation {
  readonly samples: number
  readonly attacks: number
  readonly confusions: readonly Confusion[]
  readonly calibration: readonly CalibrationStep[]
  readonly recallByKind: readonly {
    readonly kind: AttackKind
    readonly attacks: number
    readonly recalls: readonly number[]
  }[]
}

interface Scored {
  readonly score: number
  readonly attack: AttackKind | null
}

const steps = [0, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100]

export function evaluate(model: RiskModel, samples: readonly Sample[], thresholds: readonly number[]): Evaluation {
  const scored = samples.map(({ features, attack }) => ({ score: scoreOf(model, features).score, attack }))
  const attacks = scored.filter(({ attack }) => attack !== null)
  const kinds = Object.keys(attackKinds) as AttackKind[]
  return {
    samples: scored.length,
    attacks: attacks.length,
    confusions: thresholds.map((above) => confusion(scored, above)),
    calibration: steps.slice(1).map((to, index) => calibrationStep(scored, steps[index] ?? 0, to)),
    recallByKind: kinds.map((kind) => {
      const own = attacks.filter(({ attack }) => attack === kind)
      return { kind, attacks: own.length, recalls: thresholds.map((above) => confusion(own, above).recall) }
    }),
  }
}

function confusion(scored: readonly Scored[], above: number): Confusion {
  const count = (isAttack: boolean, isAbove: boolean): number =>
    scored.filter(({ score, attack }) => (attack !== null) === isAttack && score > above === isAbove).length
  const [found, missed, bothered, alone] = [
    count(true, true),
    count(true, false),
    count(false, true),
    count(false, false),
  ]
  return {
    above,
    attacksFound: found,
    attacksMissed: missed,
    ownersBothered: bothered,
    ownersLeftAlone: alone,
    recall: found / (found + missed),
    precision: found / (found + bothered),
    falsePositiveRate: bothered / (bothered + alone),
  }
}

function calibrationStep(scored: readonly Scored[], from: number, to: number): CalibrationStep {
  const own = scored.filter(({ score }) => score >= from && (score < to || (to === 100 && score === 100)))
  const sum = own.reduce((total, { score }) => total + score, 0)
  const attacks = own.filter(({ attack }) => attack !== null).length
  const share = (part: number): number => (own.length === 0 ? Number.NaN : part / own.length)
  return { from, to, samples: own.length, meanScore: share(sum), attackShare: share(attacks) }
}
