import { median } from '../bench/statistics.ts'
import { type Account, type Honest, noExperience, settle, victimSignsIn } from './honest.ts'
import { addPasskey, signInByPasskey } from './passkey-owner.ts'
import { type Answer, type Target, send } from './target.ts'

export type LockoutResult = {
  badLogins: number
  /** Of them: how many were compared with the password at all. */
  compared: number
  ownerOnKnownDevice: boolean
  /** On a device that nobody has used before. */
  ownerByPasskey: boolean
  /** With the right password, from anywhere else. */
  othersWithPassword: number
  /** Median answer for an account there is and for one there is not, both locked. */
  medianMs: { known: number; unknown: number }
  /** By how much they differ, as a share. */
  difference: number
  /** Whether status, code or headers told them apart. */
  answersDiffer: boolean
}

const guess = (target: Target, { email, password }: Account, from: number): Promise<Answer> =>
  send(target, {
    method: 'POST',
    path: '/auth/v1/login',
    ip: `203.${(from >> 16) & 255}.${(from >> 8) & 255}.${from & 255}`,
    body: { email, password },
  })

/** Ten thousand wrong passwords for one account, each from another address, and what anybody learns from the answers. */
export const measureLockout = async (
  target: Target,
  account: Account,
  { badLogins, timings }: { badLogins: number; timings: number },
): Promise<LockoutResult> => {
  const owner: Honest = { account, ip: '192.0.2.1', cookies: new Map(), nextLoginAtMs: 0 }
  await settle(target, owner, noExperience())
  const passkey = await addPasskey(target, account, '192.0.2.2')
  const wrong = { email: account.email, password: 'a wrong one' }
  const nobody = { email: 'nobody@example.com', password: 'a wrong one' }
  let from = 0
  let compared = 0
  const worker = async (): Promise<void> => {
    while (from < badLogins) {
      const { status } = await guess(target, wrong, from++)
      if (status === 401) compared += 1
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  for (let count = 0; count < 6; count += 1) await guess(target, nobody, from++)
  const experience = noExperience()
  await victimSignsIn(target, owner, experience)
  const ownerByPasskey = await signInByPasskey(target, passkey, '192.0.2.3')
  let othersWithPassword = 0
  for (let count = 0; count < 20; count += 1)
    othersWithPassword += (await guess(target, account, from++)).status === 200 ? 1 : 0
  // In turn, and each from an address of its own: whatever slows the machine down slows down both.
  const times = { known: [] as number[], unknown: [] as number[] }
  const answers = { known: new Set<string>(), unknown: new Set<string>() }
  for (let count = 0; count < timings; count += 1) {
    for (const [kind, who] of [['known', wrong] as const, ['unknown', nobody] as const]) {
      const { status, code, ms } = await guess(target, who, from++)
      times[kind].push(ms)
      answers[kind].add(`${status} ${code}`)
    }
  }
  const medianMs = { known: median(times.known), unknown: median(times.unknown) }
  return {
    badLogins,
    compared,
    ownerOnKnownDevice: experience.refusals.length + experience.failures === 0,
    ownerByPasskey,
    othersWithPassword,
    medianMs,
    difference: Math.abs(medianMs.known / medianMs.unknown - 1),
    answersDiffer: [...answers.known].toSorted().join() !== [...answers.unknown].toSorted().join(),
  }
}

/** What a stranger may be able to tell by the time of an answer, as a share of it. */
const mostDifference = 0.02

export const isLockoutAsWanted = (result: LockoutResult): boolean =>
  result.ownerOnKnownDevice &&
  result.ownerByPasskey &&
  result.othersWithPassword === 0 &&
  !result.answersDiffer &&
  result.difference <= mostDifference

export const lockoutText = (result: LockoutResult): string =>
  [
    `${result.badLogins} wrong passwords for one account: ${result.compared} compared`,
    `its owner on a known device: ${result.ownerOnKnownDevice ? 'signed in' : 'REFUSED'}, by passkey: ${result.ownerByPasskey ? 'signed in' : 'REFUSED'}; others with the right password: ${result.othersWithPassword} of 20`,
    `median answer: ${result.medianMs.known.toFixed(2)} ms where there is such an account, ${result.medianMs.unknown.toFixed(2)} ms where there is none (${(result.difference * 100).toFixed(1)} % apart, 2 % wanted); answers ${result.answersDiffer ? 'DIFFER' : 'alike'}`,
  ].join('\n')
