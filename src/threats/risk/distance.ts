// How far apart two places are, and how fast somebody would have had to be. Pure.
import { hourMs } from '../../kit/duration.ts'

interface Point {
  readonly latitude: number | null
  readonly longitude: number | null
}

const earthRadiusKm = 6371
/** Places of addresses are off by that much, and by more: nearer than this is no journey. */
const blurKm = 200
/** No airliner is faster, from door to door. */
const fastestKmh = 1000

/** Along a great circle (haversine); null where a place is not known. */
export function distanceKm(from: Point, to: Point): number | null {
  if (from.latitude === null || from.longitude === null || to.latitude === null || to.longitude === null) return null
  const half = (a: number, b: number): number => Math.sin(radians(b - a) / 2) ** 2
  const between =
    half(from.latitude, to.latitude) +
    Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * half(from.longitude, to.longitude)
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(between)))
}

/** 0 for what is no journey. */
export function speedKmh(km: number | null, passedMs: number): number {
  if (km === null || km < blurKm) return 0
  return (km - blurKm) / (Math.max(passedMs, hourMs / 12) / hourMs)
}

export function isImpossible(speed: number): boolean {
  return speed > fastestKmh
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180
}
