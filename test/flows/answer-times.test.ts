// How long an answer takes says nothing about who is known here, whichever way somebody asks.
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { v7 as uuidv7 } from 'uuid'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { goodPassword, newEmail, newPerson } from '../support/people.ts'
import { newNumber } from '../support/phones.ts'
import { bundleWith, withoutDelay } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'
import { timed } from '../support/within.ts'

const rounds = 60
/** The first ones warm up. */
const warmUps = 5

const hashing = ['/auth/v1/login', '/auth/v1/signup']

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

interface Asking {
  readonly path: string
  readonly expected: number
  readonly known: (round: number) => object
  readonly unknown: () => object
}

/** In turns, each as often before the other as after it, and each from a network of its own. */
async function medians(gateway: TestGateway, { path, expected, known, unknown }: Asking, times = rounds) {
  const taken = { known: [] as number[], unknown: [] as number[] }
  for (let round = -warmUps; round < times; round += 1) {
    const bodies = { known: known(round + warmUps), unknown: unknown() }
    for (const kind of round % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const)) {
      const { value: status, ms } = await timed(
        newVisitor(gateway)
          .send('POST', path, bodies[kind])
          .then(async (answer) => {
            await answer.arrayBuffer()
            return answer.status
          }),
      )
      expect([kind, status]).toEqual([kind, expected])
      if (round >= 0) taken[kind].push(ms)
    }
  }
  const found = { known: median(taken.known), unknown: median(taken.unknown) }
  console.log(
    `${path}, medians of ${times}: known ${found.known.toFixed(1)} ms, unknown ${found.unknown.toFixed(1)} ms`,
  )
  return { ...found, fastest: { known: Math.min(...taken.known), unknown: Math.min(...taken.unknown) } }
}

describe('a question about somebody', () => {
  let gateway: TestGateway
  const people = Array.from({ length: rounds + warmUps }, () => ({
    id: uuidv7(),
    email: newEmail(),
    phone: newNumber(),
    unconfirmed: { id: uuidv7(), email: newEmail() },
  }))
  beforeAll(async () => {
    // What is compared is the work itself, without the wait that evens it out for wrong passwords.
    const many = { limit: 10_000 }
    const limits = { rules: { 'sms-country': many, 'sms-day': many, 'sms-conversion': many } }
    gateway = await startGateway({ bundle: bundleWith({ ...withoutDelay, limits }) })
    const { userId } = await newPerson(gateway)
    const rows = JSON.stringify(people)
    await gateway.sql(
      `insert into users (id, email, email_verified_at, shard)
        select (r->>'id')::uuid, r->>'email', now(), 'xx-0' from jsonb_array_elements($1::jsonb) r
        union all
        select (r->'unconfirmed'->>'id')::uuid, r->'unconfirmed'->>'email', null, 'xx-0' from jsonb_array_elements($1::jsonb) r`,
      [rows],
    )
    await gateway.sql(
      `insert into phone_credentials (user_id, phone, use)
        select (r->>'id')::uuid, r->>'phone', 'sign-in' from jsonb_array_elements($1::jsonb) r`,
      [rows],
    )
    await gateway.sql(
      `insert into password_credentials (user_id, hash)
        select (r->>'id')::uuid, p.hash from jsonb_array_elements($1::jsonb) r, password_credentials p where p.user_id = $2`,
      [rows, userId],
    )
  })
  afterAll(() => gateway.stop())

  const email = (round: number) => people[round]?.email
  const wrongPassword: Asking = {
    path: '/auth/v1/login',
    expected: 401,
    known: (round) => ({ email: email(round), password: 'a wrong password' }),
    unknown: () => ({ email: newEmail(), password: 'a wrong password' }),
  }
  const askings: readonly Asking[] = [
    {
      path: '/auth/v1/password/forgot',
      expected: 202,
      known: (round) => ({ email: email(round) }),
      unknown: () => ({ email: newEmail() }),
    },
    {
      path: '/auth/v1/magic-link/start',
      expected: 202,
      known: (round) => ({ email: email(round) }),
      unknown: () => ({ email: newEmail() }),
    },
    {
      path: '/auth/v1/email/resend',
      expected: 202,
      known: (round) => ({ email: people[round]?.unconfirmed.email }),
      unknown: () => ({ email: newEmail() }),
    },
    {
      path: '/auth/v1/signup',
      expected: 202,
      known: (round) => ({ email: email(round), password: goodPassword }),
      unknown: () => ({ email: newEmail(), password: goodPassword }),
    },
    {
      path: '/auth/v1/phone/start',
      expected: 202,
      known: (round) => ({ phone: people[round]?.phone }),
      unknown: () => ({ phone: newNumber() }),
    },
  ]

  function expectClose({ path }: Asking, { known, unknown }: Awaited<ReturnType<typeof medians>>): void {
    // A hash takes a little longer or shorter each time.
    const closeness = hashing.includes(path) ? 0.8 : 0.9
    expect([path, known / unknown > closeness, unknown / known > closeness]).toEqual([path, true, true])
  }

  it('takes as long for a wrong password as for an address that nobody has', async () => {
    expectClose(wrongPassword, await medians(gateway, wrongPassword))
  }, 120_000)

  it('takes as long for somebody as for nobody, whatever link or code is asked for', async () => {
    // Side by side, as nearly all of their time is waiting.
    const found = await Promise.all(askings.map(async (asking) => [asking, await medians(gateway, asking)] as const))
    for (const [asking, times] of found) expectClose(asking, times)
  }, 240_000)
})

describe('a wrong password, where people were imported with the hashes of another system', () => {
  const iterations = 600_000
  const hash = (): string => {
    const salt = randomBytes(12).toString('hex')
    const digest = pbkdf2Sync(goodPassword, salt, iterations, 32, 'sha256').toString('base64')
    return `pbkdf2_sha256$${iterations}$${salt}$${digest}`
  }
  const times = 10
  const people = Array.from({ length: times + warmUps }, () => ({ id: uuidv7(), email: newEmail(), hash: hash() }))
  const asking: Asking = {
    path: '/auth/v1/login',
    expected: 401,
    known: (round) => ({ email: people[round]?.email, password: 'a wrong password' }),
    unknown: () => ({ email: newEmail(), password: 'a wrong password' }),
  }

  async function importedInto(gateway: TestGateway): Promise<void> {
    await gateway.sql(
      `insert into users (id, email, email_verified_at, shard)
        select (r->>'id')::uuid, r->>'email', now(), 'xx-0' from jsonb_array_elements($1::jsonb) r`,
      [JSON.stringify(people)],
    )
    await gateway.sql(
      `insert into password_credentials (user_id, hash)
        select (r->>'id')::uuid, r->>'hash' from jsonb_array_elements($1::jsonb) r`,
      [JSON.stringify(people)],
    )
  }

  it('would tell by its time who has an account, if it were answered at once', async () => {
    const gateway = await startGateway({ bundle: bundleWith(withoutDelay) })
    try {
      await importedInto(gateway)
      const { fastest } = await medians(gateway, asking, 6)
      // Twice as long where the machine has nothing else to do: of the fastest, which say the work and not the wait for a core.
      expect(fastest.known / fastest.unknown).toBeGreaterThan(1.25)
    } finally {
      await gateway.stop()
    }
  }, 120_000)

  it('is answered as late as for nobody, by the settings that are shipped', async () => {
    const gateway = await startGateway()
    try {
      await importedInto(gateway)
      const { known, unknown } = await medians(gateway, asking, times)
      expect(known / unknown).toBeGreaterThan(0.8)
      expect(known / unknown).toBeLessThan(1.25)
      // And somebody's right password is answered when it is found right.
      const right = { email: people[0]?.email, password: goodPassword }
      const { value, ms } = await timed(newVisitor(gateway).send('POST', '/auth/v1/login', right))
      expect(value.status).toBe(200)
      console.log(`the right password of an imported hash: ${ms.toFixed(0)} ms`)
    } finally {
      await gateway.stop()
    }
  }, 120_000)
})
