// A device on which somebody signed in before: a signed mark for that account alone, so that guesses of strangers, which
// lock the account, do not lock its owner out (OWASP, "device cookies").
import { createHmac } from 'node:crypto'
import { randomToken } from '../kit/random.ts'
import { isSameHash } from '../sessions/token.ts'

export interface KnownDevices {
  /** The device's id if the cookie proves that this account was used on it. */
  deviceOf(cookie: string | null, account: string): string | null
  /** The cookie with a mark for this account: a device keeps its id, and marks for a few accounts. */
  mark(cookie: string | null, account: string): { readonly cookie: string; readonly expiresAtMs: number }
}

interface Mark {
  readonly device: string
  readonly issuedAtS: number
  readonly text: string
}

/** People who share a device. The oldest mark goes first. */
const mostMarks = 4
const pattern = /^([\w-]{22})\.(\d{1,12})\.[\w-]{43}$/

export function createKnownDevices(
  key: Uint8Array,
  { validMs, now }: { readonly validMs: number; readonly now: () => number },
): KnownDevices {
  const sign = (device: string, issuedAtS: number, account: string): string =>
    createHmac('sha256', key).update(`${device}.${issuedAtS}.${account}`).digest('base64url')
  const write = (device: string, issuedAtS: number, account: string): string =>
    `${device}.${issuedAtS}.${sign(device, issuedAtS, account)}`

  function isFor({ device, issuedAtS, text }: Mark, account: string): boolean {
    const isFresh = issuedAtS * 1000 <= now() && now() - issuedAtS * 1000 < validMs
    return isSameHash(text, write(device, issuedAtS, account)) && isFresh
  }

  return {
    deviceOf: (cookie, account) => marksOf(cookie).find((mark) => isFor(mark, account))?.device ?? null,
    mark(cookie, account) {
      const before = marksOf(cookie)
      const device = before.find((mark) => isFor(mark, account))?.device ?? randomToken(16)
      const others = before.filter((mark) => !isFor(mark, account)).map(({ text }) => text)
      const marks = [write(device, Math.floor(now() / 1000), account), ...others].slice(0, mostMarks)
      return { cookie: marks.join('~'), expiresAtMs: now() + validMs }
    },
  }
}

function marksOf(cookie: string | null): readonly Mark[] {
  const texts = cookie === null ? [] : cookie.split('~', mostMarks)
  return texts.flatMap((text) => {
    const [, device, issuedAtS] = pattern.exec(text) ?? []
    return device === undefined ? [] : [{ device, issuedAtS: Number(issuedAtS), text }]
  })
}
