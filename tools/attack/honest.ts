import { randomInt } from 'node:crypto'
import { type Answer, type Target, send } from './target.ts'

export type Account = { email: string; password: string }

export type Honest = {
  account: Account
  ip: string
  cookies: Map<string, string>
  /** Nobody signs in all the time. */
  nextLoginAtMs: number
}

/** What people did: how long each answer took, and whatever kept one of them from getting where they wanted to go. */
export type Experience = {
  latencies: { what: string; ms: number }[]
  /** Pages and logins that people wanted; the requests of a captcha on the way to one are not counted. */
  wanted: number
  captchas: number
  refusals: { what: string; status: number; code: string; rule: string }[]
  /** Answers that say that the machine, not a rule, stood in the way. */
  failures: number
}

export const noExperience = (): Experience => ({ latencies: [], wanted: 0, captchas: 0, refusals: [], failures: 0 })

export const keepCookies = (cookies: Map<string, string>, answer: Answer): void => {
  for (const pair of answer.cookies) cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
}

export const cookieHeader = (cookies: Map<string, string>): Record<string, string> =>
  cookies.size === 0 ? {} : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }

/** As people do: who is asked whether they are one says so, and tries again. */
const persist = async (
  target: Target,
  experience: Experience,
  what: string,
  attempt: (headers: Record<string, string>) => Promise<Answer>,
): Promise<Answer> => {
  experience.wanted += 1
  let answer = await attempt({})
  experience.latencies.push({ what, ms: answer.ms })
  if (answer.code === 'captcha_required') {
    experience.captchas += 1
    answer = await attempt({ 'x-captcha-token': target.solveCaptcha() })
    experience.latencies.push({ what, ms: answer.ms })
  }
  const { status, code, rule } = answer
  if (status === 0 || status >= 500) experience.failures += 1
  else if (status >= 400) experience.refusals.push({ what, status, code, rule })
  return answer
}

const logIn = async (
  target: Target,
  person: Honest,
  cookies: Map<string, string>,
  what: string,
  experience: Experience,
) => {
  const answer = await persist(target, experience, what, (headers) =>
    send(target, {
      method: 'POST',
      path: '/auth/v1/login',
      ip: person.ip,
      body: { ...person.account },
      headers: { ...cookieHeader(cookies), ...headers },
    }),
  )
  keepCookies(cookies, answer)
}

const betweenLoginsMs = 40_000
const device = '__Host-portcullis-device'

/** On a device that was used before; its session is a new one. */
const onKnownDevice = (target: Target, person: Honest, experience: Experience) => {
  const mark = person.cookies.get(device)
  const cookies = new Map(mark === undefined ? [] : [[device, mark]])
  return logIn(target, person, cookies, 'login on a known device', experience)
}

const onNewDevice = (target: Target, person: Honest, experience: Experience) =>
  logIn(target, person, new Map(), 'login on a new device', experience)

const openPage = async (target: Target, person: Honest, experience: Experience): Promise<void> => {
  await persist(target, experience, 'page of the site', () =>
    send(target, { method: 'GET', path: '/private', ip: person.ip, headers: cookieHeader(person.cookies) }),
  )
}

/** Mostly pages, sometimes a login: often enough to be seen, and not more often than a person would. */
export const doSomething = (target: Target, person: Honest, experience: Experience): Promise<void> => {
  const choice = performance.now() < person.nextLoginAtMs ? 2 : randomInt(20)
  if (choice < 2) person.nextLoginAtMs = performance.now() + betweenLoginsMs
  if (choice === 0) return onKnownDevice(target, person, experience)
  if (choice === 1) return onNewDevice(target, person, experience)
  return openPage(target, person, experience)
}

/** Before anything is measured: a session and a known device. That was a login, too. */
export const settle = async (target: Target, person: Honest, experience: Experience): Promise<void> => {
  await logIn(target, person, person.cookies, 'first login', experience)
  person.nextLoginAtMs = performance.now() + betweenLoginsMs * (0.5 + Math.random() / 2)
}

export const victimSignsIn = onKnownDevice
