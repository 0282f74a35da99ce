// How often each rule let pass, refused, or would have refused, as far as this isolate knows; for metrics.
import type { ActiveRule } from './rule-set.ts'

export interface RuleTally {
  readonly rule: string
  readonly allowed: number
  readonly refused: number
  /** In shadow, where nobody was kept out. */
  readonly wouldRefuse: number
  /** While the object could not be asked. */
  readonly countedLocally: number
}

type Outcome = Exclude<keyof RuleTally, 'rule'>

export interface Tally {
  count(rule: Pick<ActiveRule, 'index'>, outcome: Exclude<Outcome, 'wouldRefuse'>): void
  /** In shadow. `isNew`: the first of its window, which is told as well. */
  wouldRefuse(rule: Pick<ActiveRule, 'id' | 'index'>, isNew: boolean): void
  read(): readonly RuleTally[]
}

export function createTally(
  rules: readonly Pick<ActiveRule, 'id'>[],
  tellWouldRefuse: (ruleId: string) => void = () => {},
): Tally {
  const tallies = rules.map(({ id }) => ({ rule: id, allowed: 0, refused: 0, wouldRefuse: 0, countedLocally: 0 }))
  return {
    count({ index }, outcome) {
      const tally = tallies[index]
      if (tally !== undefined) tally[outcome] += 1
    },
    wouldRefuse({ id, index }, isNew) {
      const tally = tallies[index]
      if (tally !== undefined) tally.wouldRefuse += 1
      if (isNew) tellWouldRefuse(id)
    },
    read: () => tallies,
  }
}
