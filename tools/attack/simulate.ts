import { setTimeout as delay } from 'node:timers/promises'
import { quantile } from '../bench/statistics.ts'
import {
  type Account,
  type Experience,
  type Honest,
  doSomething,
  noExperience,
  settle,
  victimSignsIn,
} from './honest.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { type Target, offer, send } from './target.ts'

export type SimulationOptions = {
  target: Target
  accounts: readonly Account[]
  attempts: number
  attemptsPerSecond: number
  honestPerSecond: number
  /** Before each attack. */
  quietSeconds: number
  /** Which attacks; all of them where it is empty. */
  only: readonly string[]
  onProgress?: (text: string) => void
}

export type AttackResult = {
  id: string
  title: string
  attempts: number
  refused: number
  /** Answered like an attempt that counts: a wrong password, or a message that may have been sent; of texts, those that were. */
  letThrough: number
  /** No answer, or a fault: neither an attempt that counted nor one that was refused. */
  unanswered: number
  brokenIn: number
  refusedShare: number
  /** Of what honest people were answered meanwhile. */
  honestP99Ms: number
}

export type HonestResult = {
  requests: number
  wanted: number
  captchas: number
  failures: number
  refusals: Experience['refusals']
  p50Ms: number
  p99Ms: number
  /** The same of each thing that people do. */
  waits: { what: string; requests: number; p50Ms: number; p99Ms: number }[]
}

export type SimulationResult = {
  attacks: AttackResult[]
  quiet: HonestResult
  underAttack: HonestResult
  p99Ratio: number
  /** Whether the one whose account was guessed at got in from a known device meanwhile. */
  victimSignedIn: boolean
}

/** Texts are sent after the answer. */
const textsSettleMs = 2000

const run = async (
  { target, attempts, attemptsPerSecond }: SimulationOptions,
  { id, title, attempt, wantsTexts = false }: Scenario,
): Promise<Omit<AttackResult, 'honestP99Ms'>> => {
  const textsBefore = target.textsSent()
  const found = { refused: 0, letThrough: 0, unanswered: 0, brokenIn: 0 }
  let index = 0
  await offer(attemptsPerSecond, () => {
    if (index === attempts) return null
    const call = attempt(index++)
    return async () => {
      const { status } = await send(target, call)
      if (status === 429) found.refused += 1
      else if (status === 0 || status >= 500) found.unanswered += 1
      else found.letThrough += 1
      if (status === 200) found.brokenIn += 1
    }
  })
  if (wantsTexts) {
    await delay(textsSettleMs)
    const sent = target.textsSent() - textsBefore
    found.refused += found.letThrough - sent
    found.letThrough = sent
  }
  return { id, title, attempts, ...found, refusedShare: found.refused / attempts }
}

const waits = (latencies: readonly number[]) => ({
  requests: latencies.length,
  p50Ms: quantile(latencies, 0.5),
  p99Ms: quantile(latencies, 0.99),
})

const summary = ({ latencies, wanted, captchas, failures, refusals }: Experience): HonestResult => ({
  wanted,
  captchas,
  failures,
  refusals,
  ...waits(latencies.map(({ ms }) => ms)),
  waits: Object.entries(Object.groupBy(latencies, ({ what }) => what)).map(([what, all = []]) => ({
    what,
    ...waits(all.map(({ ms }) => ms)),
  })),
})

/** Each kind of refusal, and how many there were. */
export const refusalsOf = ({ refusals }: Pick<Experience, 'refusals'>): string[] => {
  const texts = refusals.map(({ what, status, code, rule }) => `${what}: ${status} ${code} ${rule}`.trimEnd())
  return Object.entries(Object.groupBy(texts, (text) => text)).map(([text, all = []]) => `${all.length} × ${text}`)
}

/** People do what they do for as long as something else lasts. What they meet is added to `experience`. */
const live = async (
  people: readonly Honest[],
  { target, honestPerSecond }: SimulationOptions,
  experience: Experience,
  meanwhile: Promise<unknown>,
): Promise<void> => {
  let isOver = false
  const until = meanwhile.finally(() => (isOver = true))
  let turn = experience.wanted
  const living = offer(honestPerSecond, () => {
    const person = people[turn++ % people.length]
    return isOver || person === undefined ? null : () => doSomething(target, person, experience)
  })
  await Promise.all([until, living])
}

/** Every third person has an IPv6 address in the /48 that the attackers use too, as customers of one provider have. */
const one48 = '2001:db8:48'
const homes = (index: number): string =>
  index % 3 === 0 ? `${one48}:${(0xf000 + index).toString(16)}::1` : `192.0.${index >> 8}.${index & 255}`

export const simulate = async (options: SimulationOptions): Promise<SimulationResult> => {
  const { target, accounts, onProgress = () => {} } = options
  const people = accounts.map((account, index): Honest => ({
    account,
    ip: homes(index),
    cookies: new Map(),
    nextLoginAtMs: 0,
  }))
  // The one whose account is guessed at does nothing else but sign in after each attack.
  const [victim, ...others] = people
  if (victim === undefined) throw new Error('Somebody has to live here.')
  const settling = noExperience()
  for (const person of people) await settle(target, person, settling)
  if (settling.refusals.length + settling.failures > 0)
    throw new Error(
      `Not everybody could sign in to begin with: ${refusalsOf(settling).join(', ')}; ${settling.failures} faults.`,
    )

  const inPeace = noExperience()
  const attacked = noExperience()
  const attacks: AttackResult[] = []
  const known = accounts.slice(1).map(({ email }) => email)
  const networks = { one64: '2001:db8:64:1', one48 }
  const signIns = noExperience()
  const all = scenarios({ known, victim: victim.account.email, networks })
  for (const scenario of all.filter(({ id }) => options.only.length === 0 || options.only.includes(id))) {
    // Before each attack anew, as a machine that others use is not the same minutes later.
    onProgress('quiet')
    await live(others, options, inPeace, delay(options.quietSeconds * 1000))
    onProgress(scenario.title)
    const answeredBefore = attacked.latencies.length
    const attack = run(options, scenario)
    await live(others, options, attacked, attack)
    const meanwhile = attacked.latencies.slice(answeredBefore).map(({ ms }) => ms)
    attacks.push({ ...(await attack), honestP99Ms: quantile(meanwhile, 0.99) })
    await victimSignsIn(target, victim, signIns)
  }
  const [quiet, underAttack] = [summary(inPeace), summary(attacked)]
  return {
    attacks,
    quiet,
    underAttack,
    p99Ratio: underAttack.p99Ms / quiet.p99Ms,
    victimSignedIn: signIns.refusals.length + signIns.failures === 0,
  }
}
