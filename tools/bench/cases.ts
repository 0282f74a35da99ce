// What is compared, and what each is asked. Each server is a process of its own; of the gateway's cases one each.
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { gatewaySchema } from '../../src/config/gateway-schema.ts'
import { sessionCookieName } from '../../src/sessions/cookie.ts'
import type { Lifetime } from '../dev/lifetime.ts'
import { freePort } from '../dev/ports.ts'
import { seedTokens } from './bearer-tokens.ts'
import gatewayConfig from './gateway-config.ts'
import { browserRequest } from './request.ts'
import { seedSessions } from './seed-sessions.ts'
import { type MeasuredGateway, startGateway, startOrigin, startPeer } from './servers.ts'

export const caseNames = [
  'pass-through',
  'pass-through-again',
  'headers-alone',
  'public',
  'session',
  'session-2000-users',
  'session-without-limits',
  'bearer',
  'bearer-2000-tokens',
  'hono-jwk',
  'better-auth',
] as const
export type CaseName = (typeof caseNames)[number]

export type Case = {
  name: CaseName
  pid: number
  port: number
  requests: readonly Buffer[]
  logs: () => readonly string[]
}

type Around = {
  lifetime: Lifetime
  folder: string
  originUrl: string
  gateway: () => Promise<MeasuredGateway>
  /** The same with every limit off: what limits cost is the difference. */
  unlimited: () => Promise<MeasuredGateway>
}

const users = 2000

/** Workers that decide nothing. */
const passing =
  (name: CaseName, worker: 'pass-through' | 'headers-alone') =>
  async ({ lifetime, folder, originUrl }: Around): Promise<Case> => {
    const {
      pid,
      ports: [port = 0],
      logs,
    } = await startPeer(lifetime, { name: worker, folder, bindings: { ORIGIN_URL: originUrl } })
    return { name, pid, port, logs, requests: [browserRequest('/app/page', port, '')] }
  }

const publicRoute = async ({ gateway }: Around): Promise<Case> => {
  const {
    pid,
    ports: [port = 0],
    logs,
  } = (await gateway()).workerd
  return { name: 'public', pid, port, logs, requests: [browserRequest('/public/page', port, '')] }
}

const sessions =
  (name: CaseName, people: number, which: 'gateway' | 'unlimited' = 'gateway') =>
  async (around: Around): Promise<Case> => {
    const {
      workerd: {
        pid,
        ports: [port = 0],
        logs,
      },
      databaseUrl,
    } = await around[which]()
    const tokens = await seedSessions(
      databaseUrl,
      people,
      gatewaySchema.shape.sessions.parse(gatewayConfig.sessions).shards,
    )
    return {
      name,
      pid,
      port,
      logs,
      requests: tokens.map((token) => browserRequest('/app/page', port, `${sessionCookieName}=${token}`)),
    }
  }

const bearers =
  (name: CaseName, people: number) =>
  async ({ gateway }: Around): Promise<Case> => {
    const {
      workerd: {
        pid,
        ports: [port = 0],
        logs,
      },
      databaseUrl,
      issuer,
    } = await gateway()
    const tokens = await seedTokens(databaseUrl, issuer, people)
    const requests = tokens.map((token) => browserRequest('/app/page', port, '', [`authorization: Bearer ${token}`]))
    return { name, pid, port, logs, requests }
  }

const honoJwk = async ({ lifetime, folder, originUrl }: Around): Promise<Case> => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256' }] })
  const token = await new SignJWT({ sub: 'bench', roles: [] })
    .setProtectedHeader({ alg: 'ES256', kid: 'bench' })
    .setIssuedAt()
    .setExpirationTime('2h')
    .sign(privateKey)
  const bindings = { ORIGIN_URL: originUrl, KEYS: keys }
  const {
    pid,
    ports: [port = 0],
    logs,
  } = await startPeer(lifetime, { name: 'hono-jwk', folder, bindings })
  return {
    name: 'hono-jwk',
    pid,
    port,
    logs,
    requests: [browserRequest('/app/page', port, '', [`authorization: Bearer ${token}`])],
  }
}

const betterAuth = async ({ lifetime, folder, originUrl }: Around): Promise<Case> => {
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  const bindings = { ORIGIN_URL: originUrl, PUBLIC_URL: publicUrl, SECRET: 'of a benchmark, guards nothing at all' }
  const { pid, logs } = await startPeer(lifetime, { name: 'better-auth', folder, bindings, port })
  const answer = await fetch(`${publicUrl}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: publicUrl },
    body: JSON.stringify({
      email: 'bench@example.com',
      password: 'correct horse battery staple',
      name: 'Bench Person',
    }),
  })
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')
  if (answer.status !== 200 || cookie === '') throw new Error(`better-auth's sign-up answered ${answer.status}`)
  return { name: 'better-auth', pid, port, logs, requests: [browserRequest('/app/page', port, cookie)] }
}

const starts: Record<CaseName, (around: Around) => Promise<Case>> = {
  'pass-through': passing('pass-through', 'pass-through'),
  'pass-through-again': passing('pass-through-again', 'pass-through'),
  'headers-alone': passing('headers-alone', 'headers-alone'),
  public: publicRoute,
  session: sessions('session', 1),
  'session-2000-users': sessions('session-2000-users', users),
  'session-without-limits': sessions('session-without-limits', 1, 'unlimited'),
  bearer: bearers('bearer', 1),
  'bearer-2000-tokens': bearers('bearer-2000-tokens', users),
  'hono-jwk': honoJwk,
  'better-auth': betterAuth,
}

export const startCases = async (names: readonly CaseName[], lifetime: Lifetime, folder: string): Promise<Case[]> => {
  const originUrl = await startOrigin(lifetime)
  let started: Promise<MeasuredGateway> | undefined
  const gateway = (): Promise<MeasuredGateway> => (started ??= startGateway(lifetime, folder, originUrl))
  const unlimited = (): Promise<MeasuredGateway> =>
    startGateway(lifetime, folder, originUrl, 'gateway-config-without-limits')
  const cases: Case[] = []
  for (const name of names) cases.push(await starts[name]({ lifetime, folder, originUrl, gateway, unlimited }))
  return cases
}
