// npm run bench -- --first-sight: what the first sight of a bearer token costs, compared with a worker that only verifies it,
// and what those whose tokens are known notice while the issuer's keys cannot be had.
import type { Lifetime } from '../dev/lifetime.ts'
import { type BenchIssuer, audience, seedTokens } from './bearer-tokens.ts'
import { type OutageFigures, beginOutage, measureOutage, mostOutageRatio } from './outage.ts'
import { type Reading, type Server, perSecond, read } from './readings.ts'
import { aligned, shown } from './report.ts'
import { startGateway, startOrigin, startPeer } from './servers.ts'
import { median, quantile, spread } from './statistics.ts'

export type FirstSightRow = {
  case: string
  cpu_us: number | null
  /** Of the processor time a request costs, to the verifying worker's in the same round: the median. */
  ratio: number | null
  spread: number | null
  p50_ms: number
  p99_ms: number
}

/** Processor time that a request costs more: with a token never seen before, and with `jose.jwtVerify` in a pass-through worker. */
export type AddedCost = { first_sight_us: number; verifying_us: number; ratio: number }

export type FirstSightFigures = {
  per_second: number
  first_sight: readonly FirstSightRow[]
  /** Null where the system does not say what a process costs. */
  added: AddedCost | null
  key_set_outage: OutageFigures
}

type Plan = { windows: number; seconds: number; progress: (text: string) => void }
/** What is wanted of the ratio of a request with a token never seen before. */
const mostFirstSightRatio = 1.3
const people = 20
const warmUpRounds = 4
const firstSightCase = 'gateway, first sight'
const knownCase = 'gateway, seen before'
const verifierCase = 'jose.jwtVerify'
const bareCase = 'pass-through'

type Around = {
  servers: readonly Server[]
  gateway: Server
  issuer: BenchIssuer
  tokens: readonly string[]
  unsteadyIssuer: BenchIssuer
  tokensOfAway: readonly string[]
}

const start = async (lifetime: Lifetime, folder: string): Promise<Around> => {
  const originUrl = await startOrigin(lifetime)
  const started = await startGateway(lifetime, folder, originUrl)
  const { workerd, databaseUrl, issuer, unsteadyIssuer } = started
  const tokensOfAway = await beginOutage(started, people)
  const bindings = { ORIGIN_URL: originUrl, KEYS: issuer.keys, ISSUER: issuer.url, AUDIENCE: audience }
  const verifier = await startPeer(lifetime, { name: 'jose-verify', folder, bindings })
  const bare = await startPeer(lifetime, { name: 'pass-through', folder, bindings: { ORIGIN_URL: originUrl } })
  const server = (name: string, { pid, ports: [port = 0] }: { pid: number; ports: number[] }): Server => ({
    name,
    pid,
    port,
  })
  const gateway = server(firstSightCase, workerd)
  const servers = [server(verifierCase, verifier), gateway, server(bareCase, bare)]
  const tokens = await seedTokens(databaseUrl, issuer, people)
  return { servers, gateway, issuer, tokens, unsteadyIssuer, tokensOfAway }
}

/** Of people who are known, so that no question to the database is measured: what is new is the token. */
const unseen = async ({ issuer, tokens }: Around, count: number): Promise<string[]> => {
  const subjects = tokens.map((token) => subjectOf(token))
  const made: string[] = []
  for (let at = 0; at < count; at += 1) made.push(await issuer.token(subjects[at % subjects.length] ?? ''))
  return made
}

const subjectOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { sub: string }).sub

export const measureFirstSight = async (
  lifetime: Lifetime,
  folder: string,
  { windows, seconds, progress }: Plan,
): Promise<FirstSightFigures> => {
  const around = await start(lifetime, folder)
  const { servers } = around
  const count = Math.round(perSecond * seconds)
  for (let round = 0; round < warmUpRounds; round += 1) {
    progress(`first sight, warming up ${round + 1} of ${warmUpRounds}`)
    const tokens = [...around.tokens, ...(await unseen(around, perSecond))]
    for (const server of servers) await read(server, tokens)
  }
  const taken = new Map<Server, Reading[]>(servers.map((server) => [server, []]))
  const known: Reading[] = []
  for (let round = 0; round < windows; round += 1) {
    progress(`first sight, round ${round + 1} of ${windows}`)
    const tokens = await unseen(around, count)
    for (const server of round % 2 === 0 ? servers : servers.toReversed()) {
      taken.get(server)?.push(await read(server, tokens))
      if (server === around.gateway) known.push(await read(server, tokens))
    }
  }
  const base = taken.get(servers[0] as Server) ?? []
  const measured = servers.map((server) => [server.name, taken.get(server) ?? []] as const)
  const rows = [...measured, [knownCase, known] as const].map(([name, readings]) => rowOf(name, readings, base))
  return {
    per_second: perSecond,
    first_sight: rows,
    added: addedCost(rows),
    key_set_outage: await measureOutage(
      {
        gateway: around.gateway,
        issuer: around.unsteadyIssuer,
        known: around.tokens,
        knownOfAway: around.tokensOfAway,
      },
      { windows, seconds, progress },
    ),
  }
}

const rowOf = (name: string, readings: readonly Reading[], base: readonly Reading[]): FirstSightRow => {
  const costs = readings.map(({ cpuUs }) => cpuUs).filter((cost) => cost !== null)
  const ratios = readings
    .map(({ cpuUs }, round) => (cpuUs ?? Number.NaN) / (base[round]?.cpuUs ?? Number.NaN))
    .filter((ratio) => Number.isFinite(ratio))
  return {
    case: name,
    cpu_us: costs.length === 0 ? null : median(costs),
    ratio: ratios.length === 0 ? null : median(ratios),
    spread: ratios.length === 0 ? null : spread(ratios),
    p50_ms: median(readings.map(({ latencies }) => quantile(latencies, 0.5))),
    p99_ms: median(readings.map(({ latencies }) => quantile(latencies, 0.99))),
  }
}

const addedCost = (rows: readonly FirstSightRow[]): AddedCost | null => {
  const costOf = (name: string): number => rows.find((row) => row.case === name)?.cpu_us ?? Number.NaN
  const firstSight = costOf(firstSightCase) - costOf(knownCase)
  const verifying = costOf(verifierCase) - costOf(bareCase)
  const ratio = firstSight / verifying
  return Number.isFinite(ratio) ? { first_sight_us: firstSight, verifying_us: verifying, ratio } : null
}

/** What is not as wanted, in a sentence each. What could not be measured is not. */
export const missedIn = ({ first_sight: rows, key_set_outage: outage }: FirstSightFigures): string[] => {
  const ratio = rows.find((row) => row.case === firstSightCase)?.ratio ?? Number.NaN
  return [
    ...(ratio <= mostFirstSightRatio
      ? []
      : [`First sight costs ${shown(ratio, 3)}, wanted is ${mostFirstSightRatio}.`]),
    ...(outage.ratio <= mostOutageRatio
      ? []
      : [`An outage moves p99 by ${outage.ratio.toFixed(3)}, wanted is ${mostOutageRatio}.`]),
  ]
}

export const firstSightAsText = ({
  per_second: rate,
  first_sight: rows,
  added,
  key_set_outage: outage,
}: FirstSightFigures): string =>
  [
    `First sight of a token, ${rate} requests a second:`,
    aligned([
      ['case', 'CPU µs', 'ratio', '± spread', 'p50 ms', 'p99 ms'],
      ...rows.map((row) => [
        row.case,
        shown(row.cpu_us, 1),
        shown(row.ratio, 3),
        shown(row.spread, 3),
        shown(row.p50_ms, 2),
        shown(row.p99_ms, 2),
      ]),
    ]),
    '',
    added === null
      ? 'What both add could not be measured.'
      : `First sight adds ${added.first_sight_us.toFixed(1)} µs to a request, jose.jwtVerify ${added.verifying_us.toFixed(1)} µs: ratio ${added.ratio.toFixed(3)}`,
    '',
    `Known tokens while the key set cannot be had: p99 ${outage.quiet_p99_ms.toFixed(2)} → ${outage.p99_ms.toFixed(2)} ms, ratio ${outage.ratio.toFixed(3)} (quiet against quiet ${outage.quiet_again_ratio.toFixed(3)}; the issuer was asked at least ${outage.least_asked} times a window)`,
  ].join('\n')
