// npm run bench -- --logins: how many passwords are judged, compared with the hash alone, and what visitors who are signed in
// notice of it meanwhile.
import { setTimeout as delay } from 'node:timers/promises'
import { gatewaySchema } from '../../src/config/gateway-schema.ts'
import { sessionCookieName } from '../../src/sessions/cookie.ts'
import type { Lifetime } from '../dev/lifetime.ts'
import { demoPassword, seedAccounts } from '../dev/seed.ts'
import gatewayConfig from './gateway-config.ts'
import { type Latencies, type Target, closedLoop, openLoop } from './load.ts'
import { shown } from './report.ts'
import { browserRequest, jsonRequest } from './request.ts'
import { type QuickFigures, measureQuickLogins } from './quick-logins.ts'
import { seedSessions } from './seed-sessions.ts'
import { type MeasuredGateway, startGateway, startOrigin, startPeer } from './servers.ts'
import { type Window, medianOf, window } from './measure.ts'
import { median, quantile } from './statistics.ts'

export type LoginFigures = {
  connections: number
  /** Hashes a second of a worker that does nothing else. */
  hashes_per_s: number
  logins_per_s: number
  /** Of paired windows: the median. */
  ratio: number
  /** One hash, as that worker answers a single connection. */
  hash_ms: number
  /** Processor time of a hash there, and of a login here. */
  hash_cpu_ms: number | null
  login_cpu_ms: number | null
  /** Without a hash: by mail and by passkey; and an attempt that was counted and went no further. */
  quick: Record<'magic_link' | 'passkey' | 'counted', QuickFigures>
  /** Medians of the windows; `all`: of every window's visits together, whatever else the machine did in one of them. */
  visitors: { per_second: number; quiet: Waits; during: Waits; all: { quiet_p99_ms: number; p99_ms: number } }
}

type Waits = { p50_ms: number; p99_ms: number }

const connections = 16
/** Until as many wait as will: sixteen who press the button in the same instant are not what saturates. */
const untilSaturatedMs = 1000
const visitsPerSecond = 200
const quickSeconds = 20
/** Each once in a while: guesses at one account that are under way together count as wrong ones. */
const people = 64

type Plan = { windows: number; seconds: number; progress: (text: string) => void }
type Server = Target & { pid: number; helperPid?: number }
type Servers = { gateway: MeasuredGateway; alone: Server; logins: Server; visits: Server }

const start = async (lifetime: Lifetime, folder: string): Promise<Servers> => {
  const originUrl = await startOrigin(lifetime)
  const peer = await startPeer(lifetime, { name: 'argon2', folder, bindings: {} })
  const gateway = await startGateway(lifetime, folder, originUrl)
  const { workerd, hashing, databaseUrl, pepper } = gateway
  const [[alonePort = 0], [port = 0]] = [peer.ports, workerd.ports]
  const emails = Array.from({ length: people }, (_, n) => `person-${n}@example.com`)
  await seedAccounts(
    databaseUrl,
    pepper,
    emails.map((email) => ({ email, name: 'Bench Person', roles: [] })),
  )
  const { shards } = gatewaySchema.shape.sessions.parse(gatewayConfig.sessions)
  const [token = ''] = await seedSessions(databaseUrl, 1, shards)
  // From many networks, as people come: those of one network wait in one line.
  const logins = emails.map((email, n) =>
    jsonRequest('/auth/v1/login', port, { email, password: demoPassword }, `203.0.113.${n}`),
  )
  const own = { pid: workerd.pid, port, logs: workerd.logs }
  const visit = browserRequest('/app/page', port, `${sessionCookieName}=${token}`)
  return {
    gateway,
    alone: { name: 'hash', pid: peer.pid, port: alonePort, requests: [browserRequest('/', alonePort, '')] },
    logins: { name: 'login', ...own, helperPid: hashing.pid, requests: logins },
    visits: { name: 'visit', ...own, requests: [visit] },
  }
}

const waitsOf = (windows: readonly Latencies[]): Waits => ({
  p50_ms: median(windows.map((latencies) => quantile(latencies, 0.5))),
  p99_ms: median(windows.map((latencies) => quantile(latencies, 0.99))),
})

const cpuMs = (windows: readonly Window[]): number | null => {
  const us = medianOf(windows, ({ cpu }) => cpu)
  return us === null ? null : us / 1000
}

export const measureLogins = async (
  lifetime: Lifetime,
  folder: string,
  { windows, seconds, progress }: Plan,
): Promise<LoginFigures> => {
  const { gateway, alone, logins, visits } = await start(lifetime, folder)
  for (const target of [alone, logins, visits]) await closedLoop(target, 8, 3)
  const hashMs = quantile(await closedLoop(alone, 1, 3), 0.5)
  const taken: { hashes: Window; logins: Window }[] = []
  const visitsOf = { quiet: [] as Latencies[], during: [] as Latencies[] }
  for (let round = 0; round < windows; round += 1) {
    progress(`logins, round ${round + 1} of ${windows}`)
    const hashes = await window(alone, connections, seconds)
    taken.push({ hashes, logins: await window(logins, connections, seconds) })
    visitsOf.quiet.push(await openLoop(visits, visitsPerSecond, seconds))
    const [during] = await Promise.all([
      delay(untilSaturatedMs).then(() => openLoop(visits, visitsPerSecond, seconds)),
      closedLoop(logins, connections, seconds + untilSaturatedMs / 1000),
    ])
    visitsOf.during.push(during)
  }
  return {
    connections,
    hashes_per_s: median(taken.map(({ hashes }) => hashes.rps)),
    logins_per_s: median(taken.map((pair) => pair.logins.rps)),
    ratio: median(taken.map((pair) => pair.logins.rps / pair.hashes.rps)),
    hash_ms: hashMs,
    hash_cpu_ms: cpuMs(taken.map(({ hashes }) => hashes)),
    login_cpu_ms: cpuMs(taken.map((pair) => pair.logins)),
    quick: await measureQuickLogins(gateway, quickSeconds),
    visitors: {
      per_second: visitsPerSecond,
      quiet: waitsOf(visitsOf.quiet),
      during: waitsOf(visitsOf.during),
      all: { quiet_p99_ms: quantile(visitsOf.quiet.flat(), 0.99), p99_ms: quantile(visitsOf.during.flat(), 0.99) },
    },
  }
}

const quickLine = (
  what: string,
  { per_second: rate, p50_ms: p50, p95_ms: p95, p99_ms: p99, cpu_ms: cpu }: QuickFigures,
): string =>
  `${what} at ${rate}/s: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, processor ${shown(cpu, 1)} ms`

export const loginsAsText = ({ visitors, quick, ...figures }: LoginFigures): string =>
  [
    `${figures.connections} connections: ${figures.logins_per_s.toFixed(1)} logins/s, the hash alone ${figures.hashes_per_s.toFixed(1)}/s, ratio ${figures.ratio.toFixed(3)}; one hash ${figures.hash_ms.toFixed(1)} ms (processor ${shown(figures.hash_cpu_ms, 1)}, of a login ${shown(figures.login_cpu_ms, 1)})`,
    `visitors at ${visitors.per_second}/s: p50 ${visitors.quiet.p50_ms.toFixed(1)} → ${visitors.during.p50_ms.toFixed(1)} ms, p99 ${visitors.quiet.p99_ms.toFixed(1)} → ${visitors.during.p99_ms.toFixed(1)} ms (of all windows together ${visitors.all.quiet_p99_ms.toFixed(1)} → ${visitors.all.p99_ms.toFixed(1)} ms)`,
    `of the p99, ${((visitors.during.p99_ms - visitors.quiet.p99_ms) / figures.hash_ms).toFixed(2)} hash times are the logins'`,
    quickLine('by magic link', quick.magic_link),
    quickLine('by passkey', quick.passkey),
    quickLine('counted by the limits of a login, and no more', quick.counted),
  ].join('\n')
