// What those whose tokens are known notice while their issuer's keys cannot be had: compared, in one process and at the same
// time, with those of an issuer that can be reached.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type BenchIssuer, seedTokens } from './bearer-tokens.ts'
import { pinServer } from './pinning.ts'
import { type Server, perSecond, read } from './readings.ts'
import { healthy } from '../dev/health.ts'
import type { MeasuredGateway } from './servers.ts'
import { quantile } from './statistics.ts'

export type OutageFigures = {
  quiet_p99_ms: number
  p99_ms: number
  ratio: number
  quiet_again_ratio: number
  /** How often the issuer was asked for its keys in a window without an answer: the least of all windows. */
  least_asked: number
}

/** What is wanted of the ratio. */
export const mostOutageRatio = 1.1

/** As old as no set gets whose issuer answers. From then on a verdict is good for ten seconds. */
const agedMs = 6 * 60_000
/** As long as such a verdict: each token is verified anew once a window, which is its share of such a time. */
const leastSeconds = 10
/** An issuer that does not answer is asked again after this. */
const askedAgainMs = 20_500

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))

/**
 * Starts the gateway again as one that has the keys of an issuer from before an outage, and finds nobody there. The object
 * that keeps them is made older while it is at rest, as nobody can wait for that. Returns tokens of people who are known.
 */
export const beginOutage = async (gateway: MeasuredGateway, people: number): Promise<string[]> => {
  const { workerd, unsteadyIssuer: issuer, databaseUrl, storageDir } = gateway
  const tokens = await seedTokens(databaseUrl, issuer, people)
  const headers = { authorization: `Bearer ${tokens[0] ?? ''}` }
  const first = await fetch(`${workerd.urls[0] ?? ''}/app/page`, { headers })
  if (first.status !== 200) throw new Error(`The first request with a token was answered with ${first.status}.`)
  // Nobody waits for the object to have stored them.
  await pause(1000)
  await workerd.kill()
  const changed = globSync(join(storageDir, '**/*.sqlite')).map((file) => ageKeySet(file, issuer))
  if (!changed.includes(true)) throw new Error('No object keeps the keys of the issuer.')
  issuer.isAway = true
  await workerd.restart()
  pinServer(workerd.pid)
  for (const url of workerd.urls) await healthy(url, 15_000)
  return tokens
}

const ageKeySet = (file: string, { keys }: BenchIssuer): boolean => {
  const storage = new DatabaseSync(file)
  try {
    const has = storage.prepare("select 1 from sqlite_master where name = 'last_good'").get()
    if (has === undefined) return false
    const { changes } = storage
      .prepare('update last_good set fetched_at_ms = fetched_at_ms - ? where text = ?')
      .run(agedMs, keys)
    return changes === 1
  } finally {
    storage.close()
  }
}

type Around = {
  gateway: Server
  issuer: BenchIssuer
  /** Of an issuer that can be reached, and of the one that cannot. */
  known: readonly string[]
  knownOfAway: readonly string[]
}
type Plan = { windows: number; seconds: number; progress: (text: string) => void }

/** Each window of the outage has a question that nobody answers, and what comes of that; one without proves nothing. */
export const measureOutage = async (
  { gateway, issuer, known, knownOfAway }: Around,
  { windows, seconds, progress }: Plan,
): Promise<OutageFigures> => {
  const count = Math.round(perSecond * Math.max(seconds, leastSeconds))
  const inTurn = (tokens: readonly string[]): string[] =>
    Array.from({ length: count }, (_, at) => tokens[at % tokens.length] ?? '')
  const latenciesOf = async (tokens: readonly string[]): Promise<readonly number[]> =>
    (await read(gateway, inTurn(tokens))).latencies
  await latenciesOf(knownOfAway)
  const taken: { before: readonly number[]; away: readonly number[]; after: readonly number[]; asked: number }[] = []
  for (let round = 0; round < windows; round += 1) {
    progress(`key set outage, round ${round + 1} of ${windows}`)
    const before = await latenciesOf(known)
    await pause((issuer.askedAt.at(-1) ?? 0) + askedAgainMs - performance.now())
    const askedBefore = issuer.askedAt.length
    const away = await latenciesOf(knownOfAway)
    const asked = issuer.askedAt.length - askedBefore
    if (asked === 0) throw new Error('The issuer was asked nothing in a window that was to be its outage.')
    taken.push({ before, away, asked, after: await latenciesOf(known) })
  }
  // Of all windows together: a single one's p99 says how many times the platform collected garbage in it.
  const p99Of = (windows: readonly (readonly number[])[]): number => quantile(windows.flat(), 0.99)
  const [before, after] = [taken.map((one) => one.before), taken.map((one) => one.after)]
  const [quietMs, awayMs] = [p99Of([...before, ...after]), p99Of(taken.map(({ away }) => away))]
  return {
    quiet_p99_ms: quietMs,
    p99_ms: awayMs,
    ratio: awayMs / quietMs,
    quiet_again_ratio: p99Of(after) / p99Of(before),
    least_asked: Math.min(...taken.map(({ asked }) => asked)),
  }
}
