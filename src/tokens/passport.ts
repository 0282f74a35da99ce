// The headers that tell an origin who is asking, made once per session or token and origin and used again for half a minute.
import type { Holder, Principal } from '../identity/principal.ts'
import { type AssertionSigner, assertionHeader } from './assertion.ts'

export type HeaderPair = readonly [name: string, value: string]

export interface Passport {
  readonly headers: readonly HeaderPair[]
  readonly untilMs: number
}

export interface IdentityHeaderNames {
  readonly userId?: string | undefined
  readonly email?: string | undefined
  readonly name?: string | undefined
  readonly roles?: string | undefined
}

const reuseMs = 30_000

/** The passport at hand, or null when one has to be made. */
export function passportAtHand(holder: Holder, originId: string, nowMs: number): Passport | null {
  const passport = holder.derived.get(originId) as Passport | undefined
  return passport !== undefined && nowMs < passport.untilMs ? passport : null
}

export async function makePassport(
  holder: Holder,
  originId: string,
  {
    signer,
    names,
    nowMs,
  }: { readonly signer: AssertionSigner; readonly names: IdentityHeaderNames; readonly nowMs: number },
): Promise<Passport> {
  const assertion = await signer.sign(holder.principal, originId, nowMs)
  const headers: HeaderPair[] = [[assertionHeader, assertion], ...plainHeaders(holder.principal, names)]
  const passport = { headers, untilMs: nowMs + reuseMs }
  holder.derived.set(originId, passport)
  return passport
}

function plainHeaders(principal: Principal, names: IdentityHeaderNames): HeaderPair[] {
  const values: readonly (readonly [string | undefined, string | null])[] = [
    [names.userId, principal.userId],
    [names.email, principal.email],
    [names.name, principal.name],
    [names.roles, principal.roles.map((role) => headerValue(role).replaceAll(',', '%2C')).join(',')],
  ]
  return values.flatMap(([name, value]) =>
    name === undefined || value === null ? [] : [[name, name === names.roles ? value : headerValue(value)] as const],
  )
}

/** Percent-encoded where not visible ASCII, and `%` itself, so that decoding gives back exactly what was meant. */
export function headerValue(value: string): string {
  return value.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]/gu, (character) => encodeURIComponent(character))
}
