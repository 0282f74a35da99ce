// Simulated people: where they live, what they sign in with, and when. Their sign-ins in the order of time.
import { dayMs, hourMs } from '../../src/kit/duration.ts'
import type { Suspicion } from '../../src/threats/detectors/watched.ts'
import type { RiskFacts } from '../../src/threats/risk/features.ts'
import { cities, people } from './parameters.ts'
import type { Random } from './random.ts'

export type City = (typeof cities)[number]

export interface Person {
  readonly home: City
  readonly kinds: number[]
  readonly homeNetworks: readonly number[]
  readonly workNetworks: readonly number[]
  readonly mobileNetworks: readonly number[]
  readonly peakHours: readonly number[]
  readonly isUnmarked: boolean
  readonly usesAnonymiser: boolean
  readonly isShared: boolean
}

/** A sign-in without what was known before it. */
export type Attempt = Omit<RiskFacts, 'habits'>

/** Browsers on systems; some are everywhere. */
const commonKinds = [1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9]
export const aNetwork = (random: Random): number => random.between(1, 2 ** 31)
export const aKind = (random: Random): number => pick(random, commonKinds)
export const anyCity = (random: Random): City => pick(random, cities)
export const noise: Suspicion = { failures: 0, accounts: 0, successes: 0, findings: [] }

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[random.between(0, items.length - 1)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

export function newPerson(random: Random): Person {
  const morning = random.between(7, 11)
  return {
    home: anyCity(random),
    kinds: Array.from({ length: random.between(people.devices[0], people.devices[1]) }, () => aKind(random)),
    homeNetworks: [aNetwork(random)],
    workNetworks: random.chance(people.hasWorkplace) ? [aNetwork(random)] : [],
    mobileNetworks: Array.from({ length: people.carrierNetworks }, () => aNetwork(random)),
    peakHours: [morning, random.between(12, 16), random.between(18, 22)],
    isUnmarked: random.chance(people.alwaysUnmarked),
    usesAnonymiser: random.chance(people.anonymiserUsers),
    isShared: random.chance(people.sharedAddress),
  }
}

/** The whole time of one person. */
export function signIns(person: Person, random: Random, startMs: number): Attempt[] {
  const perWeek = random.between(people.loginsPerWeek[0], people.loginsPerWeek[1])
  const all: Attempt[] = []
  let journey: { city: City; network: number; untilDay: number } | null = null
  for (let day = 0; day < people.days; day += 1) {
    if (journey !== null && day > journey.untilDay) journey = null
    if (journey === null && random.chance(1 / people.travelEvery)) {
      const near = cities.filter(([, country]) => country === person.home[1])
      const city = random.chance(people.travelAbroad) ? anyCity(random) : pick(random, near)
      const untilDay = day + random.between(people.travelDays[0], people.travelDays[1])
      journey = { city, network: aNetwork(random), untilDay }
    }
    if (!random.chance(Math.min(1, perWeek / 7))) continue
    all.push(signIn(person, random, { journey, dayMs: startMs + day * dayMs }))
  }
  return all
}

function signIn(
  person: Person,
  random: Random,
  on: { readonly journey: { city: City; network: number } | null; readonly dayMs: number },
): Attempt {
  const city = on.journey?.city ?? person.home
  if (random.chance(1 / people.newDeviceEvery)) person.kinds.push(aKind(random))
  const newest = person.kinds.at(-1) ?? 1
  const isNewest = random.chance(0.2)
  const isHidden = person.usesAnonymiser && random.chance(people.anonymiserShare)
  const exit = isHidden ? anyCity(random) : city
  return {
    visit: {
      atMs: on.dayMs + hourOf(person, random, city) * hourMs + random.between(0, 3_599_999),
      ...placeOf(exit, random),
      network: isHidden ? aNetwork(random) : networkOf(person, random, on.journey?.network ?? null),
      device: isNewest ? newest : pick(random, person.kinds),
    },
    isMarkedDevice: !person.isUnmarked && !random.chance(people.unmarkedOtherwise),
    accountFailures: random.chance(people.mistypes) ? random.between(1, 3) : 0,
    address: neighbours(person, random),
    network: random.chance(0.1) ? { ...noise, failures: 4, accounts: random.between(1, 4) } : noise,
    listed: [
      ...(isHidden ? (['anonymiser'] as const) : []),
      ...(random.chance(people.onThreatList) ? (['threat'] as const) : []),
      ...(random.chance(people.onHostingList) ? (['hosting'] as const) : []),
    ],
    botScore: random.chance(people.platformBotScore) ? random.between(30, 99) : null,
  }
}

function hourOf({ peakHours }: Person, random: Random, [, , , , ahead]: City): number {
  const local = random.chance(people.oddHour) ? random.between(0, 23) : pick(random, peakHours) + random.between(-1, 1)
  return (((local - ahead) % 24) + 24) % 24
}

export function placeOf([, country, latitude, longitude]: City, random: Random) {
  const off = (): number => random.next() - 0.5
  return { country, latitude: latitude + off(), longitude: longitude + off() }
}

function networkOf(
  { homeNetworks, workNetworks, mobileNetworks }: Person,
  random: Random,
  away: number | null,
): number {
  if (random.chance(people.onMobile)) return pick(random, mobileNetworks)
  return away ?? pick(random, [...homeNetworks, ...workNetworks])
}

function neighbours({ isShared }: Person, random: Random): Suspicion {
  if (!isShared) return noise
  const failures = random.between(0, 6)
  return { failures, accounts: Math.min(failures, 4), successes: random.between(2, 40), findings: [] }
}
