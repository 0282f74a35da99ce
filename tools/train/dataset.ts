// Sign-ins of people and attempts of attackers, each as the worker would have seen it at that moment: by its own functions.
import { type Features, featuresOf } from '../../src/threats/risk/features.ts'
import { type Habits, learned } from '../../src/threats/risk/habits.ts'
import { attackOn } from './attackers.ts'
import { type AttackKind, attackers } from './parameters.ts'
import { newPerson, signIns } from './people.ts'
import { randomOf } from './random.ts'

export interface Sample {
  readonly features: Features
  /** Null: it is the owner. */
  readonly attack: AttackKind | null
}

const startMs = Date.UTC(2026, 0, 5)

export function samplesOf(seed: number, persons: number): Sample[] {
  const random = randomOf(seed)
  const samples: Sample[] = []
  for (let count = 0; count < persons; count += 1) {
    const person = newPerson(random)
    let habits: Habits | null = null
    for (const attempt of signIns(person, random, startMs)) {
      samples.push({ features: featuresOf({ ...attempt, habits }), attack: null })
      habits = learned(habits, attempt.visit)
      if (!random.chance(attackers.share / (1 - attackers.share))) continue
      const { kind, attempt: attack } = attackOn(person, habits, random)
      samples.push({ features: featuresOf({ ...attack, habits }), attack: kind })
    }
  }
  return samples
}
