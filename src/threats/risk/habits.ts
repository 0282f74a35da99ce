// How somebody usually signs in, in little room: what a new sign-in is compared with. Pure.
import { dayMs } from '../../kit/duration.ts'

/** A sign-in, as far as habits are concerned. What is not known is null. Networks and devices are keyed hashes. */
export interface Visit {
  readonly atMs: number
  readonly country: string | null
  readonly latitude: number | null
  readonly longitude: number | null
  readonly network: number | null
  readonly device: number | null
}

type Seen<Name> = readonly (readonly [name: Name, atMs: number])[]

export interface Habits {
  readonly logins: number
  readonly last: Visit
  /** The last sign-in of which the place is known. */
  readonly place: Pick<Visit, 'atMs' | 'latitude' | 'longitude'> | null
  readonly countries: Seen<string>
  readonly networks: Seen<number>
  readonly devices: Seen<number>
  /** How often, for each hour of the day (UTC); older sign-ins weigh less and less. */
  readonly hours: readonly number[]
}

/** Kept since last seen. */
export const rememberedForMs = 180 * dayMs
const most = { countries: 8, networks: 16, devices: 10 } as const
/** Half the weight after some thirty sign-ins. */
const fading = 0.977

export function learned(habits: Habits | null, visit: Visit): Habits {
  const hour = new Date(visit.atMs).getUTCHours()
  const hours = Array.from({ length: 24 }, (_, index) => {
    const faded = (habits?.hours[index] ?? 0) * fading
    return Math.round((faded + (index === hour ? 1 : 0)) * 1000) / 1000
  })
  return {
    logins: (habits?.logins ?? 0) + 1,
    last: visit,
    place:
      visit.latitude === null
        ? (habits?.place ?? null)
        : { atMs: visit.atMs, latitude: visit.latitude, longitude: visit.longitude },
    countries: seen(habits?.countries, visit.country, visit.atMs, most.countries),
    networks: seen(habits?.networks, visit.network, visit.atMs, most.networks),
    devices: seen(habits?.devices, visit.device, visit.atMs, most.devices),
    hours,
  }
}

/** Newest first; what was not seen for long is forgotten. */
function seen<Name>(before: Seen<Name> = [], name: Name | null, atMs: number, count: number): Seen<Name> {
  const others = before.filter(([other, at]) => other !== name && atMs - at < rememberedForMs)
  const all: Seen<Name> = name === null ? others : [[name, atMs], ...others]
  return all.slice(0, count)
}

export function knows<Name>(list: Seen<Name>, name: Name | null): boolean {
  return name !== null && list.some(([other]) => other === name)
}
