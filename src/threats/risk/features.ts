// What a sign-in looks like to the model: numbers, each with a name that people are told. The same for training. Pure.
import type { Suspicion } from '../detectors/watched.ts'
import { dayMs } from '../../kit/duration.ts'
import type { ListKind } from '../network-lists/lists.ts'
import { distanceKm, isImpossible, speedKmh } from './distance.ts'
import { type Habits, type Visit, knows } from './habits.ts'

export interface RiskFacts {
  readonly visit: Visit
  /** Null: nobody signed in before, or nobody of that name. */
  readonly habits: Habits | null
  /** The device has a mark of an earlier sign-in to this account. */
  readonly isMarkedDevice: boolean
  /** Wrong guesses at the account just before. */
  readonly accountFailures: number
  readonly address: Suspicion
  readonly network: Suspicion
  readonly listed: readonly ListKind[]
  /** The platform's: 1 is surely a program, 99 surely a person; null where it does not say. */
  readonly botScore: number | null
}

/** In the order of the model's numbers; what is shown of each when it counts. */
export const featureNames = {
  firstLogin: 'no sign-in before',
  unmarkedDevice: 'device without a mark',
  newDevice: 'new kind of device',
  newNetwork: 'new network',
  newCountry: 'new country',
  distance: 'far from the last sign-in',
  speed: 'too far in too short a time',
  impossibleTravel: 'impossible travel',
  unusualHour: 'unusual hour',
  daysAway: 'long away',
  familiarity: 'few sign-ins known',
  accountFailures: 'wrong guesses at the account',
  addressFailures: 'wrong guesses from the address',
  addressAccounts: 'many accounts from the address',
  addressSuccess: 'successes from the address',
  networkAccounts: 'many accounts from the network',
  findings: 'a detector’s finding',
  threatList: 'on a threat list',
  anonymiser: 'anonymiser',
  hosting: 'hosting network',
  bot: 'looks like a program',
} as const

export type FeatureName = keyof typeof featureNames
export type Features = Readonly<Record<FeatureName, number>>

export function featuresOf(facts: RiskFacts): Features {
  const { visit, habits, address, network, listed } = facts
  const passedMs = habits === null ? 0 : visit.atMs - habits.last.atMs
  const place = habits?.place ?? null
  const km = place === null ? null : distanceKm(place, visit)
  const speed = speedKmh(km, place === null ? 0 : visit.atMs - place.atMs)
  const isNew = (has: (known: Habits) => boolean): number => (habits === null || has(habits) ? 0 : 1)
  return {
    firstLogin: habits === null ? 1 : 0,
    unmarkedDevice: facts.isMarkedDevice ? 0 : 1,
    newDevice: isNew(({ devices }) => knows(devices, visit.device)),
    newNetwork: isNew(({ networks }) => knows(networks, visit.network)),
    newCountry: isNew(({ countries }) => visit.country === null || knows(countries, visit.country)),
    distance: log(km ?? 0),
    speed: log(speed),
    impossibleTravel: isImpossible(speed) ? 1 : 0,
    unusualHour: habits === null ? 0 : unusualHour(habits.hours, visit.atMs),
    daysAway: log(Math.max(0, passedMs) / dayMs),
    familiarity: log(habits?.logins ?? 0),
    accountFailures: log(facts.accountFailures),
    addressFailures: log(address.failures),
    addressAccounts: log(address.accounts),
    addressSuccess: address.successes / (address.successes + address.failures + 1),
    networkAccounts: log(network.accounts),
    findings: address.findings.length + network.findings.length,
    threatList: listed.includes('threat') ? 1 : 0,
    anonymiser: listed.includes('anonymiser') ? 1 : 0,
    hosting: listed.includes('hosting') ? 1 : 0,
    // In the middle where nobody says, so that a site without that figure is judged by the others.
    bot: facts.botScore === null ? 0.5 : 1 - facts.botScore / 100,
  }
}

function log(value: number): number {
  return Math.log2(1 + value)
}

/** The share of sign-ins at other hours than this and those beside it; as if one more were spread over the day. */
function unusualHour(hours: readonly number[], atMs: number): number {
  const hour = new Date(atMs).getUTCHours()
  const total = hours.reduce((sum, weight) => sum + weight, 0)
  const near = [23, 0, 1].reduce((sum, step) => sum + (hours[(hour + step) % 24] ?? 0), 0)
  return 1 - (near + 3 / 24) / (total + 1)
}
