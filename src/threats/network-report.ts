// What is known of the network a request comes from, in one answer.
import type { Listed } from './network-lists/network-lists.ts'

/** What the platform says of where a request comes from; whatever it does not say is null. */
export interface Place {
  readonly country: string | null
  readonly city: string | null
  readonly asn: number | null
  readonly latitude: number | null
  readonly longitude: number | null
}

export type RecommendedAction = 'monitor' | 'rate_limit' | 'block'

export interface NetworkReport {
  /** ISO 3166-1 alpha-2, or Tor's `T1`. */
  readonly country: string | null
  /** 0 to 100. */
  readonly riskScore: number
  readonly knownThreatIP: boolean
  readonly vpnDetected: boolean
  readonly recommendedAction: RecommendedAction
}

const scores = { threat: 90, anonymiser: 60, hosting: 30 } as const
/** The platform's code for exits of Tor, which are nowhere. */
const tor = 'T1'

export function networkReport({ kinds }: Listed, { country }: Pick<Place, 'country'>): NetworkReport {
  const knownThreatIP = kinds.includes('threat')
  const vpnDetected = kinds.includes('anonymiser') || country === tor
  const found = [...kinds, ...(vpnDetected ? (['anonymiser'] as const) : [])]
  const riskScore = Math.max(0, ...found.map((kind) => scores[kind]))
  const recommendedAction = knownThreatIP ? 'block' : vpnDetected ? 'rate_limit' : 'monitor'
  return { country, riskScore, knownThreatIP, vpnDetected, recommendedAction }
}

/** From `request.cf`, whose fields are texts or absent. */
export function placeOf(cf: Readonly<Record<string, unknown>> | undefined): Place {
  return {
    country: countryOf(cf?.['country']),
    city: textOf(cf?.['city']),
    asn: numberOf(cf?.['asn'], 0, 2 ** 32),
    latitude: numberOf(cf?.['latitude'], -90, 90),
    longitude: numberOf(cf?.['longitude'], -180, 180),
  }
}

/** `XX` is the platform's code for not knowing. */
function countryOf(value: unknown): string | null {
  const code = textOf(value)
  return code !== null && /^(?:[A-Z]{2}|T1)$/.test(code) && code !== 'XX' ? code : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 100 ? value : null
}

function numberOf(value: unknown, least: number, most: number): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && number >= least && number <= most ? number : null
}
