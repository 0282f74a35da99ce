// Tokens of a system that is being replaced, signed with a secret it shares (HS256): accepted until a date, and no longer.
import { createHmac, createPublicKey, randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestIssuer, audience, inSeconds, signToken, startIssuer } from '../support/issuer.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

const old = 'old-system'
const ended = 'ended-system'
const ending = 'ending-system'
const metricsToken = 'metrics-token-of-this-test'
const secrets = {
  old: randomBytes(24).toString('base64'),
  ended: randomBytes(32).toString('hex'),
  both: randomBytes(48),
}
const inAYear = '2099-01-01'

let issuer: TestIssuer
let gateway: TestGateway
let endsAtMs: number

beforeAll(async () => {
  issuer = await startIssuer()
  // As late as the worker needs to be bundled and started, and some use, also on a slow machine.
  endsAtMs = Date.now() + 45_000
  const row = (name: string, env: string, until: string) => ({
    preset: 'hs256',
    issuer: name,
    secret: { env },
    until,
    audiences: [audience],
    tokenType: { header: 'JWT' },
    claims: { roles: 'groups' },
  })
  const issuers = [
    row(old, 'OLD_SECRET', inAYear),
    row(ended, 'ENDED_SECRET', '2026-01-01T00:00:00Z'),
    row(ending, 'OLD_SECRET', new Date(endsAtMs).toISOString()),
    { ...row(issuer.url, 'BOTH_SECRET', inAYear), secretEncoding: 'base64' },
    { issuer: issuer.url, jwksUrl: `${issuer.url}/keys`, audiences: [audience] },
  ]
  gateway = await startGateway({
    bundle: bundleWith({ ...shippedConfig, issuers }),
    bindings: {
      METRICS_TOKEN: metricsToken,
      OLD_SECRET: secrets.old,
      ENDED_SECRET: secrets.ended,
      BOTH_SECRET: secrets.both.toString('base64'),
    },
  })
})
afterAll(async () => {
  await gateway.stop()
  await issuer.stop()
})

const b64 = (value: string | Buffer): string => Buffer.from(value).toString('base64url')

/** Written down by hand: no library has a part in what is judged here. */
function hs256(
  secret: string | Buffer,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string {
  const all = { iss: old, aud: audience, sub: 'ann', iat: inSeconds(0), exp: inSeconds(600), ...claims }
  const signed = `${b64(JSON.stringify({ alg: 'HS256', typ: 'JWT', ...header }))}.${b64(JSON.stringify(all))}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

const send = (token: string, path = '/private'): Promise<Response> =>
  newVisitor(gateway).send('GET', path, undefined, { authorization: `Bearer ${token}` })
const statusOf = async (token: string): Promise<number> => (await send(token)).status

async function refusedFor(token: string, issuedBy: string | null): Promise<unknown> {
  const answer = await send(token)
  expect(answer.status).toBe(401)
  const id = answer.headers.get('x-request-id')
  const find = () =>
    gateway.sql("select reason, details->>'issuer' as issuer from audit_events where request_id = $1", [id])
  await expect.poll(find, { timeout: 10_000 }).toHaveLength(1)
  const [row] = await find()
  expect(row?.['issuer']).toBe(issuedBy)
  return row?.['reason']
}

const metrics = async (): Promise<string> =>
  (await fetch(`${gateway.url}/auth/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } })).text()

describe('a token signed with the secret of a replaced system', () => {
  it('makes its holder somebody, like any other token', async () => {
    const sub = randomUUID()
    const answer = await send(hs256(secrets.old, { sub, groups: ['admin'] }), '/admin')
    expect(answer.status).toBe(200)
    expect(await gateway.sql('select 1 from identities where subject = $1', [`${old}#${sub}`])).toHaveLength(1)
  })

  it.each([
    ['signed with another secret', () => hs256('another secret, which is as long as the right one'), 'wrong signature'],
    ['signed with the secret of another system', () => hs256(secrets.ended), 'wrong signature'],
    ['of another type', () => hs256(secrets.old, {}, { typ: 'at+jwt' }), 'wrong type'],
    ['for somebody else', () => hs256(secrets.old, { aud: 'other' }), 'wrong audience'],
    ['expired', () => hs256(secrets.old, { exp: inSeconds(-60) }), 'expired'],
    ['without expiry', () => hs256(secrets.old, { exp: undefined }), 'no expiry'],
    ['good for years', () => hs256(secrets.old, { exp: inSeconds(1e8) }), 'good for too long'],
    ['of another algorithm', () => hs256(secrets.old, {}, { alg: 'HS512' }), 'wrong algorithm'],
    ['that says RS256', () => hs256(secrets.old, {}, { alg: 'RS256' }), 'wrong algorithm'],
    ['that says none', () => hs256(secrets.old, {}, { alg: 'none' }), 'wrong algorithm'],
    ['with a critical header', () => hs256(secrets.old, {}, { crit: ['b64'], b64: false }), 'critical header', null],
  ])('is refused when it is %s', async (_, token, reason, issuedBy: string | null = old) => {
    expect(await refusedFor(token(), issuedBy)).toBe(reason)
  })

  it('is refused after the end, and one that came before the end is refused from then on', async () => {
    expect(await refusedFor(hs256(secrets.ended, { iss: ended }), ended)).toBe('shared secret has ended')
    const token = hs256(secrets.old, { iss: ending })
    expect([Date.now() < endsAtMs, await statusOf(token)]).toEqual([true, 200])
    await expect.poll(() => statusOf(token), { timeout: 50_000, interval: 200 }).toBe(401)
    expect(Date.now()).toBeGreaterThanOrEqual(endsAtMs)
  })
})

describe('an issuer that goes from a shared secret to keys', () => {
  it('is believed in both, and its people stay who they are', async () => {
    const sub = randomUUID()
    expect(await statusOf(hs256(secrets.both, { iss: issuer.url, sub }))).toBe(200)
    expect(await statusOf(await issuer.token({ sub }))).toBe(200)
    expect(await gateway.sql('select 1 from identities where subject = $1', [`${issuer.url}#${sub}`])).toHaveLength(1)
  })

  it('has no key that could pass for its secret, and no secret that could pass for a key', async () => {
    const [key] = issuer.keys
    if (key === undefined) throw new Error('no key')
    const { n, e, kid } = key.publicJwk
    const publicKey = createPublicKey({ key: { kty: 'RSA', n: String(n), e: String(e) }, format: 'jwk' })
    const publics = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      publicKey.export({ type: 'pkcs1', format: 'pem' }),
      JSON.stringify(key.publicJwk),
      Buffer.from(String(n), 'base64url'),
    ]
    for (const secret of publics)
      expect(await refusedFor(hs256(secret, { iss: issuer.url }, { kid }), issuer.url)).toBe('wrong signature')
    expect(await refusedFor(hs256(secrets.both, { iss: issuer.url }, { alg: 'RS256', kid }), issuer.url)).toBe(
      'wrong type',
    )
    const mislabelled = await signToken(key, { iss: issuer.url, aud: audience, sub: 'x', exp: inSeconds(60) })
    const [, claims, signature] = mislabelled.split('.')
    const header = b64(JSON.stringify({ alg: 'HS256', typ: 'JWT', kid }))
    expect(await refusedFor(`${header}.${claims}.${signature}`, issuer.url)).toBe('wrong signature')
  })
})

describe('how many still come', () => {
  it('is in the metrics and, by day, in the record: each token once, and none that the secret did not sign', async () => {
    const before = Number(
      /accepted"\} (\d+)/.exec((await metrics()).split('\n').find((line) => line.includes(`"${old}"`)) ?? '')?.[1],
    )
    const token = hs256(secrets.old, { jti: randomUUID() })
    for (let round = 0; round < 5; round += 1) expect(await statusOf(token)).toBe(200)
    await statusOf(hs256('another secret, which is as long as the right one'))
    const text = await metrics()
    expect(text).toContain(`portcullis_shared_secret_tokens_total{issuer="${old}",outcome="accepted"} ${before + 1}\n`)
    expect(text).toMatch(new RegExp(`issuer="${ended}",outcome="late"\\} [1-9]`))
    const rows = () =>
      gateway.sql('select issuer from shared_secret_days where accepted + late > 0 and day >= current_date - 1')
    await expect
      .poll(async () => (await rows()).map((row) => row['issuer']))
      .toEqual(expect.arrayContaining([old, ended, ending, issuer.url]))
  })
})
