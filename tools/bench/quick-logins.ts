// What a login takes that hashes no password, and what its exact limits take: asked so many times a second, each time by
// somebody else, from links and passkeys that are written straight into the database.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { hashSecret } from '../../src/sessions/token.ts'
import { openConversations, poster } from './conversation.ts'
import { type Latencies, type Target, openLoop } from './load.ts'
import { jsonRequest } from './request.ts'
import { cpuNs } from './process-cost.ts'
import type { MeasuredGateway } from './servers.ts'
import { quantile } from './statistics.ts'

export type QuickFigures = { per_second: number; p50_ms: number; p95_ms: number; p99_ms: number; cpu_ms: number | null }

export const perSecond = 50

const newToken = (): string => randomBytes(32).toString('base64url')

/** A network of its own for each, as people have. */
const addressOf = (index: number): string => `198.${18 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`

const insertPeople = `
  insert into users (id, email, email_verified_at, name, shard)
  select (r->>'userId')::uuid, (r->>'userId') || '@example.com', now(), 'Bench Person', 'xx-0' from jsonb_array_elements($1::jsonb) r`

const insertChallenges = `
  insert into challenges (id, purpose, user_id, token_hash, code_expires_at, expires_at)
  select (r->>'challengeId')::uuid, 'magic-link', (r->>'userId')::uuid, r->>'tokenHash', now() + interval '1 hour', now() + interval '1 hour'
  from jsonb_array_elements($1::jsonb) r`

const insertPasskeys = `
  with handles as (
    insert into passkey_handles (user_id, handle) select (r->>'userId')::uuid, r->>'handle' from jsonb_array_elements($1::jsonb) r)
  insert into passkeys (id, user_id, credential_id, public_key, counter, is_backup_eligible, is_backed_up, name)
  select (r->>'passkeyId')::uuid, (r->>'userId')::uuid, r->>'credentialId', r->>'publicKey', 0, false, false, 'Bench'
  from jsonb_array_elements($1::jsonb) r`

const inDatabase = async (url: string, run: (client: pg.Client) => Promise<unknown>): Promise<void> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  await client.connect()
  try {
    await run(client)
  } finally {
    await client.end()
  }
}

type At = { port: number; databaseUrl: string; count: number }

const magicLinks = async ({ port, databaseUrl, count }: At): Promise<Target> => {
  const links = Array.from({ length: count }, () => {
    const token = newToken()
    return { userId: uuidv7(), challengeId: uuidv7(), token, tokenHash: hashSecret(token) }
  })
  const rows = JSON.stringify(links.map(({ token: _, ...row }) => row))
  await inDatabase(databaseUrl, async (client) => {
    await client.query(insertPeople, [rows])
    await client.query(insertChallenges, [rows])
  })
  const requests = links.map(({ token }, index) =>
    jsonRequest('/auth/v1/magic-link/verify', port, { token }, addressOf(index)),
  )
  return { port, requests }
}

/** A P-256 key as authenticators hand it over (RFC 9053 §7.1.1): a CBOR map of five, written out. */
const coseOf = ({ x = '', y = '' }: { x?: string; y?: string }): Buffer =>
  Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y, 'base64url'),
  ])

/** Present and verified, without a counter (WebAuthn Level 3 §6.1). */
const authenticatorData = (domain: string): Buffer =>
  Buffer.concat([createHash('sha256').update(domain).digest(), Buffer.from('0500000000', 'hex')])

const newPasskey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const row = {
    userId: uuidv7(),
    passkeyId: uuidv7(),
    handle: newToken(),
    credentialId: newToken(),
    publicKey: coseOf(publicKey.export({ format: 'jwk' })).toString('base64url'),
  }
  return { row, privateKey }
}

/** What an authenticator says to a challenge of the site at this port. */
const answerOf = ({ row, privateKey }: ReturnType<typeof newPasskey>, challenge: string, port: number) => {
  const { credentialId: id, handle } = row
  const said = { type: 'webauthn.get', challenge, origin: `http://localhost:${port}`, crossOrigin: false }
  const client = Buffer.from(JSON.stringify(said))
  const data = authenticatorData('localhost')
  const signature = sign('sha256', Buffer.concat([data, createHash('sha256').update(client).digest()]), privateKey)
  const response = {
    clientDataJSON: client.toString('base64url'),
    authenticatorData: data.toString('base64url'),
    signature: signature.toString('base64url'),
    userHandle: handle,
  }
  return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response }
}

/** From the question to the session, as a browser that keeps the cookie in between. */
const passkeyLogins = async ({ port, databaseUrl, count }: At): Promise<Latencies> => {
  const known = Array.from({ length: count }, newPasskey)
  const rows = JSON.stringify(known.map(({ row }) => row))
  await inDatabase(databaseUrl, async (client) => {
    await client.query(insertPeople, [rows])
    await client.query(insertPasskeys, [rows])
  })
  const { post, end } = poster(port)
  const path = '/auth/v1/webauthn/authenticate'
  const signIn = async (index: number): Promise<void> => {
    const passkey = known[index]
    if (passkey === undefined) throw new Error('nobody to sign in')
    const from = { 'cf-connecting-ip': addressOf(index), host: `localhost:${port}` }
    const { cookies, body } = await post(`${path}/start`, {}, from)
    const question = JSON.parse(body) as { challenge_id: string; challenge: string }
    const answer = { challenge_id: question.challenge_id, response: answerOf(passkey, question.challenge, port) }
    const cookie = cookies.map((line) => line.split(';')[0]).join('; ')
    await post(`${path}/finish`, answer, { ...from, cookie })
  }
  try {
    return await openConversations(signIn, perSecond, count)
  } finally {
    end()
  }
}

/** Counted by every rule of a login and refused for what it lacks: nothing else is done for it. */
const countedAttempts = ({ port, count }: At): Target => ({
  port,
  requests: Array.from({ length: count }, (_, index) => jsonRequest('/auth/v1/login', port, {}, addressOf(index))),
  expects: 422,
})

export const measureQuickLogins = async (
  { workerd, databaseUrl }: MeasuredGateway,
  seconds: number,
): Promise<Record<'magic_link' | 'passkey' | 'counted', QuickFigures>> => {
  const [port = 0] = workerd.ports
  // The first second is the isolate's warm-up.
  const at = { port, databaseUrl, count: Math.round(perSecond * (seconds + 1)) }
  const asked = (target: Target) => () => openLoop(target, perSecond, seconds + 1)
  const measured = async (load: () => Promise<Latencies>): Promise<QuickFigures> => {
    const before = cpuNs(workerd.pid)
    const latencies = (await load()).slice(perSecond)
    const after = cpuNs(workerd.pid)
    const cpu = before === null || after === null ? null : (after - before) / 1e6 / at.count
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(latencies, share))
    return {
      per_second: perSecond,
      p50_ms: p50 ?? Number.NaN,
      p95_ms: p95 ?? Number.NaN,
      p99_ms: p99 ?? Number.NaN,
      cpu_ms: cpu,
    }
  }
  return {
    magic_link: await measured(asked(await magicLinks(at))),
    passkey: await measured(() => passkeyLogins(at)),
    counted: await measured(asked(countedAttempts(at))),
  }
}
