// An issuer is down, slow, lying or changing its keys: who is known stays known, who is not is told when to try again.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Bundle } from '../../tools/dev/bundle.ts'
import { badKeySets } from '../support/bad-key-sets.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestIssuer, audience, createSigningKey, inSeconds, signToken, startIssuer } from '../support/issuer.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'
import { timed } from '../support/within.ts'

let issuers: TestIssuer[]
let bundle: Bundle
let storageDir: string
let gateway: TestGateway

// An issuer for each test, as the gateway remembers what became of one.
let next = 0
const nextIssuer = (): TestIssuer => {
  const issuer = issuers[next]
  next += 1
  if (issuer === undefined) throw new Error('more tests than issuers')
  return issuer
}

beforeAll(async () => {
  issuers = await Promise.all(Array.from({ length: 10 }, () => startIssuer()))
  const rows = issuers.map(({ url }) => ({ issuer: url, jwksUrl: `${url}/keys`, audiences: [audience] }))
  storageDir = mkdtempSync(join(tmpdir(), 'portcullis-key-sets-'))
  bundle = bundleWith({ ...shippedConfig, issuers: rows })
  gateway = await startGateway({ bundle, storageDir })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all(issuers.map((issuer) => issuer.stop()))
  rmSync(storageDir, { recursive: true, force: true })
})
afterEach(() => {
  for (const issuer of issuers) issuer.answerer = null
})

const send = (token: string, path = '/private'): Promise<Response> =>
  newVisitor(gateway).send('GET', path, undefined, { authorization: `Bearer ${token}` })
const status = async (token: string): Promise<number> => (await send(token)).status

/** Right in everything, by a key the issuer does not have. */
const forged = async (issuer: TestIssuer): Promise<string> =>
  signToken(await createSigningKey(), { iss: issuer.url, aud: audience, sub: 'x', exp: inSeconds(60) })

const failuresOf = (issuer: TestIssuer): Promise<Record<string, unknown>[]> =>
  gateway.sql("select reason, details from audit_events where type = 'key_set.failed' and details->>'issuer' = $1", [
    issuer.url,
  ])

describe('an issuer that cannot be reached', () => {
  it('gives 503 with Retry-After where nothing of it is known, and public pages all the same', async () => {
    const issuer = nextIssuer()
    const token = await issuer.token()
    await issuer.stop()
    const answer = await send(token)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect((await send(token, '/public/x')).status).not.toBe(503)
    await expect.poll(() => failuresOf(issuer), { timeout: 5000 }).toMatchObject([{ reason: 'unreachable' }])
    await issuer.start()
  })

  it('goes on to be believed by what it last said, also after a restart, and the trail tells', async () => {
    const issuer = nextIssuer()
    expect(await status(await issuer.token())).toBe(200)
    await issuer.stop()
    expect(await status(await issuer.token({ sub: 'another' }))).toBe(200)
    // No answer waits until the object has stored it.
    await new Promise((resolve) => setTimeout(resolve, 300))
    await gateway.workerd.restart()
    expect(await status(await issuer.token({ sub: 'a third' }))).toBe(200)
    expect(await status(await forged(issuer))).toBe(401)
    // Asked again for the sake of a key nobody knows, so now it is known to be away.
    await expect
      .poll(() => failuresOf(issuer), { timeout: 5000 })
      .toEqual([
        { reason: 'unreachable', details: { issuer: issuer.url, last_good_age_s: expect.any(Number) as number } },
      ])
    await issuer.start()
  })
})

describe('an issuer that is slow', () => {
  it('keeps nobody waiting over five seconds', async () => {
    const issuer = nextIssuer()
    issuer.answerer = () => undefined
    const tokens = await Promise.all(Array.from({ length: 12 }, (_, at) => issuer.token({ sub: `slow-${at}` })))
    const answers = await Promise.all(tokens.map((token) => timed(send(token))))
    for (const { value, ms } of answers) {
      expect(value.status).toBe(503)
      expect(ms).toBeLessThan(5000)
    }
    expect(issuer.keySetFetches()).toBe(1)
  })

  it('keeps those it vouched for waiting not at all', async () => {
    const issuer = nextIssuer()
    const known = await issuer.token()
    expect(await status(known)).toBe(200)
    issuer.answerer = () => undefined
    // Somebody asks for a key nobody knows, which is being fetched from now on.
    const unknown = send(await forged(issuer))
    const { value, ms } = await timed(Promise.all(Array.from({ length: 10 }, () => status(known))))
    expect(new Set(value)).toEqual(new Set([200]))
    expect(ms).toBeLessThan(2000)
    expect((await unknown).status).toBe(401)
  })
})

describe('an issuer that changes its keys', () => {
  it('is followed while requests run: none of them is refused', async () => {
    const issuer = nextIssuer()
    const first = issuer.keys[0]
    if (first === undefined) throw new Error('no key')
    expect(await status(await issuer.token())).toBe(200)
    const end = new AbortController()
    const refused: number[] = []
    let count = 0
    const run = async (): Promise<void> => {
      while (!end.signal.aborted) {
        // By the newest key, from the moment it is published.
        const got = await status(await issuer.token({ jti: String((count += 1)) }))
        if (got !== 200) refused.push(got)
      }
    }
    const running = Array.from({ length: 4 }, run)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await issuer.newKey()
    const madeWithOld = await signToken(first, { iss: issuer.url, aud: audience, sub: 'x', exp: inSeconds(60) })
    await new Promise((resolve) => setTimeout(resolve, 700))
    end.abort()
    await Promise.all(running)
    expect(refused).toEqual([])
    expect(count).toBeGreaterThan(20)
    expect(await status(madeWithOld)).toBe(200)
    expect(issuer.keySetFetches()).toBe(2)
  })
})

describe('an issuer that publishes what it should not', () => {
  it('is not believed, and its last good keys are', async () => {
    const issuer = nextIssuer()
    expect(await status(await issuer.token())).toBe(200)
    const { 'a symmetric key': symmetric = null } = badKeySets(issuer.keys[0]?.publicJwk ?? {})
    issuer.answerer = symmetric
    expect(await status(await forged(issuer))).toBe(401)
    await expect.poll(() => failuresOf(issuer), { timeout: 5000 }).toMatchObject([{ reason: 'a secret key' }])
    expect(await status(await issuer.token({ jti: 'later' }))).toBe(200)
  })

  it.each(['e = 1', 'a redirect', '10,000 keys'])('gives 503 while there are none: %s', async (name) => {
    const issuer = nextIssuer()
    issuer.answerer = badKeySets(issuer.keys[0]?.publicJwk ?? {})[name] ?? null
    expect(await status(await issuer.token())).toBe(503)
    expect(issuer.asked).toEqual(['/keys'])
  })
})

describe('a flood of unknown key names', () => {
  it('causes one fetch in thirty seconds, and those who are known are served', async () => {
    const issuer = nextIssuer()
    const key = await createSigningKey()
    const known = await issuer.token()
    expect(await status(known)).toBe(200)
    const flood = await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        signToken(key, { iss: issuer.url, aud: audience, sub: 'x', exp: inSeconds(60) }, { kid: `k${at}` }),
      ),
    )
    const answers = await Promise.all(
      flood.flatMap((token, at) => (at % 10 === 0 ? [status(token), status(known)] : [status(token)])),
    )
    expect(answers.filter((got) => got === 200)).toHaveLength(20)
    expect(answers.filter((got) => got === 401)).toHaveLength(200)
    expect(issuer.keySetFetches()).toBe(2)
  })
})
