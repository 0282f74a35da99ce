// What a score leads to. Pure.
import type { FlagState } from '../../kit/flag.ts'

export interface RiskPolicy {
  readonly state: FlagState
  readonly secondFactorAbove: number
  readonly highAbove: number
  /** Where there is no second factor to ask for: a link by mail, or no. */
  readonly whenHigh: 'mail' | 'refuse'
}

export type RiskBand = 'low' | 'medium' | 'high'

/** `prove`: a second factor where there is one. `mail`, `refuse`: the same, and without one a link by mail, or no. */
export type RiskAction = 'none' | 'prove' | 'mail' | 'refuse'

export function bandOf(score: number, { secondFactorAbove, highAbove }: RiskPolicy): RiskBand {
  if (score > highAbove) return 'high'
  return score > secondFactorAbove ? 'medium' : 'low'
}

export function actionOf(band: RiskBand, { whenHigh }: RiskPolicy): RiskAction {
  switch (band) {
    case 'low':
      return 'none'
    case 'medium':
      return 'prove'
    case 'high':
      return whenHigh
  }
}
