// Whoever makes the gateway send texts that nobody reads is stopped before they cost much, and is told nothing of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { newAdmin, newPerson } from '../support/people.ts'
import { codeTo, enrolPhone, textsTo } from '../support/phones.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

const token = { METRICS_TOKEN: 'a-token-of-the-test' }
let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ bindings: token })
})
afterAll(() => gateway.stop())

const numbers = 1000
let seeded = 0

/** Accounts that sign in by phone, so many that asking for each is a thousand texts. */
async function accounts(where: TestGateway, prefix: string): Promise<readonly string[]> {
  seeded += 1
  await where.sql(
    `with made as (
       insert into users (id, email, email_verified_at, shard)
       select gen_random_uuid(), 'pumped-' || $2::int || '-' || n || '@example.com', now(), 'all-1' from generate_series(1, $3::int) n
       returning id, email)
     insert into phone_credentials (user_id, phone, use)
     select id, $1 || lpad(split_part(split_part(email, '@', 1), '-', 3), 6, '0'), 'sign-in' from made`,
    [prefix, seeded, numbers],
  )
  return Array.from({ length: numbers }, (_, index) => prefix + String(index + 1).padStart(6, '0'))
}

const ownNetwork = (at: number): string => `198.${18 + (at >> 8)}.${at & 255}.7`

/** So many at a time as a busy machine answers without turning anybody away. */
const atOnce = 20

async function askForEach(
  where: TestGateway,
  all: readonly string[],
  addressOf = ownNetwork,
): Promise<readonly string[]> {
  const answers: string[] = []
  for (let from = 0; from < all.length; from += atOnce) {
    const batch = all.slice(from, from + atOnce).map(async (phone, index) => {
      const at = from + index
      const visitor = newVisitor(where, addressOf(at))
      const answer = await visitor.send('POST', '/auth/v1/phone/start', { phone })
      return `${answer.status} ${await answer.text()}`
    })
    answers.push(...(await Promise.all(batch)))
  }
  return answers
}

const sentTo = (where: TestGateway, prefix: string): number =>
  where.mail.sms.messages().filter(({ to }) => to.startsWith(prefix)).length

const settled = () => new Promise((resolve) => setTimeout(resolve, 1000))

async function metric(where: TestGateway, name: string): Promise<number> {
  const headers = { authorization: `Bearer ${token.METRICS_TOKEN}` }
  const text = await (await fetch(`${where.url}/auth/metrics`, { headers })).text()
  return Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}

/** What an administrator is told of the next text to a number. */
async function explained(where: TestGateway, number: string, more: object = {}): Promise<Explained> {
  const { visitor } = await newAdmin(where)
  const question = { method: 'POST', url: '/auth/v1/phone/start', number, ...more }
  const answer = await visitor.change('POST', '/auth/v1/admin/explain', question)
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { texts: Explained }).texts
}

interface Explained {
  readonly country: string
  readonly withheld_by: string | null
  readonly limits: readonly { readonly id: string; readonly limit: number; readonly remaining: number | null }[]
}

describe('texts that nobody reads', () => {
  it(`to ${numbers} numbers of a country from as many networks stop after twenty, and every answer is the same`, async () => {
    const prefix = '+447400'
    const answers = await askForEach(gateway, await accounts(gateway, prefix))
    expect(new Set(answers)).toEqual(new Set(['202 {"status":"sent"}']))
    await settled()
    // One more for each half minute that it took.
    expect(sentTo(gateway, prefix)).toBeGreaterThanOrEqual(20)
    expect(sentTo(gateway, prefix)).toBeLessThanOrEqual(22)
    expect(await metric(gateway, 'portcullis_sms_saved_total{rule="sms-conversion"}')).toBeGreaterThanOrEqual(978)
    const told = await gateway.sql("select reason, details from audit_events where type = 'sms.withheld'")
    expect(told).toEqual([{ reason: 'sms-conversion', details: { country: 'GB' } }])
    // Whoever is due as a sample first: the next one is then half a minute away.
    await askForEach(gateway, [`${prefix}000001`])
    const { withheld_by: by, limits } = await explained(gateway, `${prefix}000002`)
    expect(by).toBe('sms-conversion')
    expect(limits).toMatchObject([
      { id: 'sms-number' },
      { id: 'sms-country' },
      { id: 'sms-day' },
      { id: 'sms-conversion', remaining: null },
    ])
  }, 120_000)

  it('leave people of other countries alone', async () => {
    const person = await newPerson(gateway)
    const number = await enrolPhone(gateway, person)
    const before = textsTo(gateway, number).length
    await newVisitor(gateway).send('POST', '/auth/v1/phone/start', { phone: number })
    const code = await codeTo(gateway, number, before)
    const answer = await newVisitor(gateway).send('POST', '/auth/v1/phone/verify', { phone: number, code })
    expect(answer.status).toBe(200)
    const { country, withheld_by: by } = await explained(gateway, number)
    expect([country, by]).toEqual(['DE', null])
  })

  it('from one network stop after twenty as well, wherever they go to', async () => {
    const prefix = '+4369910'
    const all = await accounts(gateway, prefix)
    const answers = await askForEach(gateway, all.slice(0, 60), (at) => `192.0.2.${at + 1}`)
    expect(new Set(answers)).toEqual(new Set(['202 {"status":"sent"}']))
    await settled()
    expect(sentTo(gateway, prefix)).toBe(20)
    expect(await explained(gateway, all[100] ?? '', { address: '192.0.2.200' })).toMatchObject({
      withheld_by: 'sms-network',
      limits: [{}, { id: 'sms-network', limit: 20, remaining: 0 }, {}, {}, {}],
    })
  })
})

describe('the fuse in shadow', () => {
  it('holds nothing back and says what it would have', async () => {
    const shadow = { state: 'shadow' } as const
    const rules = { 'sms-conversion': shadow, 'sms-network': shadow }
    const bundle = bundleWith({ ...shippedConfig, limits: { rules } })
    const watched = await startGateway({ bundle, bindings: token })
    try {
      const prefix = '+447401'
      const all = (await accounts(watched, prefix)).slice(0, 60)
      await askForEach(watched, all)
      await expect.poll(() => sentTo(watched, prefix), { timeout: 10_000 }).toBe(60)
      expect(await metric(watched, 'portcullis_limit_would_refuse_total{rule="sms-conversion"}')).toBe(40)
      expect(await metric(watched, 'portcullis_sms_saved_total{rule="sms-conversion"}')).toBe(0)
      expect((await explained(watched, all[0] ?? '')).withheld_by).toBe(null)
    } finally {
      await watched.stop()
    }
  }, 60_000)
})

describe('budgets', () => {
  it('end the day for everybody, and a number’s own day, exactly', async () => {
    const rules = { 'sms-day': { limit: 30 }, 'sms-conversion': { state: 'off' }, 'phone-code': { state: 'off' } }
    const bundle = bundleWith({ ...shippedConfig, limits: { rules } })
    const frugal = await startGateway({ bundle, bindings: token })
    try {
      const prefix = '+447402'
      const all = await accounts(frugal, prefix)
      const [first = ''] = all
      await askForEach(
        frugal,
        Array.from({ length: 15 }, () => first),
      )
      await settled()
      expect(sentTo(frugal, prefix)).toBe(10)
      const [own, next] = [await explained(frugal, first), await explained(frugal, all[1] ?? '')]
      expect([own.withheld_by, own.limits[0]?.remaining]).toEqual(['sms-number', 0])
      // Asked twice: nothing is counted by asking.
      expect(await explained(frugal, all[1] ?? '')).toEqual(next)
      expect([next.withheld_by, next.limits[0]?.remaining]).toEqual([null, 10])
      expect(next.limits.find(({ id }) => id === 'sms-day')).toMatchObject({ limit: 30, remaining: 20 })
      await askForEach(frugal, all.slice(1, 101))
      await settled()
      expect(sentTo(frugal, prefix)).toBe(30)
    } finally {
      await frugal.stop()
    }
  }, 60_000)
})
