// Simulated attackers: what their attempts at somebody's account look like, by the way they go about it.
import { hourMs } from '../../src/kit/duration.ts'
import type { Suspicion } from '../../src/threats/detectors/watched.ts'
import type { Habits } from '../../src/threats/risk/habits.ts'
import { type AttackKind, attackKinds, attackers, cities } from './parameters.ts'
import { type Attempt, type City, type Person, aKind, aNetwork, anyCity, noise, pick, placeOf } from './people.ts'
import type { Random } from './random.ts'

export interface Attack {
  readonly kind: AttackKind
  readonly attempt: Attempt
}

export function attackOn(person: Person, habits: Habits, random: Random): Attack {
  const kind = kindOf(random)
  const atMs = habits.last.atMs + random.between(1, 72) * hourMs + random.between(0, 3_599_999)
  const device = random.chance(attackers.matchingDevice) ? (habits.devices[0]?.[0] ?? 1) : aKind(random)
  const plan = plans[kind](person, random)
  const base = { isMarkedDevice: false, botScore: null, address: noise, network: noise, accountFailures: 0 }
  const visit = { atMs, ...placeOf(plan.city, random), network: aNetwork(random), device }
  const attempt = { ...base, listed: plan.listed, visit, ...plan.signs }
  const isSeen = random.chance(attackers.platformBotScore)
  return { kind, attempt: isSeen ? { ...attempt, botScore: random.between(1, plan.mostBotScore) } : attempt }
}

function kindOf(random: Random): AttackKind {
  const kinds = Object.entries(attackKinds) as [AttackKind, number][]
  let left = random.next()
  for (const [kind, share] of kinds) {
    left -= share
    if (left < 0) return kind
  }
  return kinds[0]?.[0] ?? 'through Tor or a VPN'
}

interface Plan {
  readonly city: City
  readonly listed: Attempt['listed']
  readonly signs: Partial<Pick<Attempt, 'address' | 'network' | 'accountFailures'>>
  readonly mostBotScore: number
}

const countryOf = (person: Person): readonly City[] => cities.filter(([, country]) => country === person.home[1])

const plans: Readonly<Record<AttackKind, (person: Person, random: Random) => Plan>> = {
  'stuffing from a few servers': (_, random) => ({
    city: anyCity(random),
    listed: listed(random, { hosting: 0.6, threat: 0.35, anonymiser: 0.1 }),
    signs: { address: stuffing(random, random.between(2, 80)), accountFailures: random.between(0, 2) },
    mostBotScore: 40,
  }),
  'stuffing through homes of others': (person, random) => ({
    city: random.chance(attackers.sameCountry) ? pick(random, countryOf(person)) : anyCity(random),
    listed: listed(random, { hosting: 0.02, threat: 0.12, anonymiser: 0.12 }),
    signs: { address: stuffing(random, random.between(0, 4)), accountFailures: random.between(0, 2) },
    mostBotScore: 60,
  }),
  'guessing one account from many networks': (person, random) => ({
    city: random.chance(attackers.sameCountry) ? pick(random, countryOf(person)) : anyCity(random),
    listed: listed(random, { hosting: 0.3, threat: 0.15, anonymiser: 0.15 }),
    signs: { address: stuffing(random, random.between(0, 2)), accountFailures: random.between(2, 12) },
    mostBotScore: 60,
  }),
  'a phished password, from another country': (person, random) => ({
    city: pick(
      random,
      cities.filter(([, country]) => country !== person.home[1]),
    ),
    listed: listed(random, { hosting: 0.25, threat: 0.05, anonymiser: 0.2 }),
    signs: {},
    mostBotScore: 99,
  }),
  'a phished password, from the same country': (person, random) => ({
    city: pick(random, countryOf(person)),
    listed: listed(random, { hosting: 0.3, threat: 0.05, anonymiser: 0.25 }),
    signs: {},
    mostBotScore: 99,
  }),
  'through Tor or a VPN': (_, random) => ({
    city: anyCity(random),
    listed: [...listed(random, { hosting: 0.3, threat: 0.3, anonymiser: 0 }), 'anonymiser'],
    signs: { accountFailures: random.between(0, 3) },
    mostBotScore: 80,
  }),
}

function listed(
  random: Random,
  chances: Readonly<Record<'hosting' | 'threat' | 'anonymiser', number>>,
): Attempt['listed'] {
  return (['hosting', 'threat', 'anonymiser'] as const).filter((kind) => random.chance(chances[kind]))
}

/** By the address; what the network shows is the same or more. */
function stuffing(random: Random, failures: number): Suspicion {
  const accounts = Math.max(0, failures - random.between(0, 2))
  const isFound = failures >= 20 && accounts >= 10
  return { failures, accounts, successes: random.chance(0.1) ? 1 : 0, findings: isFound ? ['credential-stuffing'] : [] }
}
