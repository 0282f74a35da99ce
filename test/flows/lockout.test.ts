// Guessing at one account from many addresses: it locks, its owner gets in all the same, and nobody learns whether it exists.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDatabaseProxy } from '../support/database-proxy.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, mailTo, newEmail, newPerson, signInAgain } from '../support/people.ts'
import { bundleWith, withoutDelay } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

const device = '__Host-portcullis-device'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ isolates: 2, bundle: bundleWith(withoutDelay) })
})
afterAll(() => gateway.stop())

const login = (email: string, password: string, visitor: Visitor = newVisitor(gateway)): Promise<Response> =>
  visitor.send('POST', '/auth/v1/login', { email, password })

/** From an address of its own each. */
async function guess(email: string, times: number): Promise<Response[]> {
  const answers: Response[] = []
  for (let count = 0; count < times; count += 1) answers.push(await login(email, 'a wrong password'))
  return answers
}

const statusesOf = (answers: readonly Response[]): readonly number[] => answers.map(({ status }) => status)

/** What of an answer could tell one account from another. */
async function shape(answer: Response): Promise<unknown> {
  const body = (await answer.json()) as Record<string, unknown>
  const headers = [...answer.headers].filter(([name]) => !['x-request-id', 'date', 'retry-after'].includes(name))
  return { status: answer.status, headers: headers.toSorted(), body: { ...body, request_id: null, retry_after: null } }
}

/** A new browser on a device that has only what identifies the device. */
function sameDevice(person: Person): Visitor {
  const visitor = newVisitor(gateway)
  visitor.cookies.set(device, person.visitor.cookies.get(device) ?? '')
  return visitor
}

describe('five wrong guesses at an account', () => {
  it('lock it for everybody who guesses, whatever they guess and from wherever, for a quarter of an hour', async () => {
    const person = await newPerson(gateway)
    expect(statusesOf(await guess(person.email, 5))).toEqual([401, 401, 401, 401, 401])
    const right = await login(person.email, person.password)
    expect(right.status).toBe(429)
    const retryAfter = Number(right.headers.get('retry-after'))
    expect(retryAfter).toBeGreaterThan(14 * 60)
    expect(retryAfter).toBeLessThanOrEqual(15 * 60)
    expect(await right.json()).toMatchObject({ code: 'too_many_attempts', retry_after: retryAfter })
    expect(right.headers.getSetCookie()).toEqual([])
    const other = await newPerson(gateway)
    expect((await login(other.email, other.password)).status).toBe(200)
  })

  it('lock an account that does not exist alike, answer for answer', async () => {
    const [known, unknown] = [(await newPerson(gateway)).email, newEmail()]
    const answers = await Promise.all([guess(known, 8), guess(unknown, 8)])
    const [ofKnown, ofUnknown] = await Promise.all(answers.map((all) => Promise.all(all.map(shape))))
    expect(ofKnown).toEqual(ofUnknown)
    expect(statusesOf(answers[0])).toEqual([401, 401, 401, 401, 401, 429, 429, 429])
  })

  it('are counted together however the address is spelled', async () => {
    const { email, password } = await newPerson(gateway)
    const [name = '', domain = ''] = email.split('@')
    const spellings = [
      email,
      email.toUpperCase(),
      ` ${email} `,
      `${name}\uff20${domain}`,
      `${name.toUpperCase()}@${domain}`,
    ]
    for (const spelling of spellings) expect((await login(spelling, 'a wrong password')).status).toBe(401)
    expect((await login(email, password)).status).toBe(429)
  })

  it('are the most that 200 racers at two front doors get compared', async () => {
    const { email } = await newPerson(gateway)
    const racers = Array.from({ length: 200 }, (_, racer) =>
      newVisitor(gateway).send('POST', `${gateway.urls[racer % 2]}/auth/v1/login`, { email, password: 'a wrong one' }),
    )
    const found = statusesOf(await Promise.all(racers))
    const compared = found.filter((status) => status === 401).length
    expect(compared).toBeGreaterThan(0)
    expect(compared).toBeLessThanOrEqual(5)
    // A machine under load may be unable to count or to look up in time; then nothing is compared either.
    expect(found.filter((status) => ![401, 429, 503].includes(status))).toEqual([])
  })

  it('are on record with whose account it was, how many there were and until when it is locked', async () => {
    const { email, userId } = await newPerson(gateway)
    const requestId = (await guess(email, 5)).at(-1)?.headers.get('x-request-id')
    const locks = (): Promise<unknown> =>
      gateway.sql(
        "select user_id, reason, details, request_id from audit_events where type = 'account.locked' and user_id = $1",
        [userId],
      )
    await expect.poll(locks, { timeout: 5000 }).toEqual([
      {
        user_id: userId,
        reason: 'wrong guesses',
        details: { failures: 5, locked_until: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
        request_id: requestId,
      },
    ])
  })
})

describe('the owner of an account that is locked', () => {
  it('signs in from a device that was used before, without giving the guessers anything', async () => {
    const person = await newPerson(gateway)
    await guess(person.email, 7)
    expect((await login(person.email, person.password, sameDevice(person))).status).toBe(200)
    expect((await login(person.email, person.password, sameDevice(person))).status).toBe(200)
    expect((await login(person.email, person.password)).status).toBe(429)
  })

  it('signs in from any device after a reset of the password, which is on record', async () => {
    const person = await newPerson(gateway)
    await guess(person.email, 5)
    expect((await login(person.email, person.password)).status).toBe(429)
    const asking = newVisitor(gateway)
    await asking.send('POST', '/auth/v1/password/forgot', { email: person.email })
    const { token } = await mailTo(gateway, person.email, /new password/)
    const chosen = 'another long password'
    expect((await asking.send('POST', '/auth/v1/password/reset', { token, new_password: chosen })).status).toBe(200)
    expect((await login(person.email, chosen)).status).toBe(200)
    const unlocks = (): Promise<unknown> =>
      gateway.sql("select reason from audit_events where type = 'account.unlocked' and user_id = $1", [person.userId])
    await expect.poll(unlocks, { timeout: 5000 }).toEqual([{ reason: 'password reset' }])
  })

  it('has no use of a device that somebody else used, or of a mark that was changed', async () => {
    const [person, other] = [await newPerson(gateway), await newPerson(gateway)]
    await guess(person.email, 5)
    expect((await login(person.email, person.password, sameDevice(other))).status).toBe(429)
    const forged = sameDevice(person)
    forged.cookies.set(
      device,
      (forged.cookies.get(device) ?? '').replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    )
    expect((await login(person.email, person.password, forged)).status).toBe(429)
  })

  it('keeps a session that was open before', async () => {
    const person = await newPerson(gateway)
    await guess(person.email, 6)
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
  })
})

describe('a device that was used before', () => {
  it('is locked by its own wrong guesses, and by them alone', async () => {
    const person = await newPerson(gateway)
    for (let count = 0; count < 5; count += 1) {
      expect((await login(person.email, 'a wrong password', sameDevice(person))).status).toBe(401)
    }
    expect((await login(person.email, person.password, sameDevice(person))).status).toBe(429)
    expect((await login(person.email, person.password)).status).toBe(200)
  })

  it('is told to nobody: its mark does not reach the site', async () => {
    const { visitor } = await newPerson(gateway)
    expect(visitor.cookies.get(device)).toMatch(/^[\w-]{22}\.\d+\.[\w-]{43}$/)
    const echoed = await (await visitor.send('GET', '/headers')).text()
    expect(echoed).toContain('x-portcullis-assertion')
    expect(echoed).not.toContain(visitor.cookies.get(device))
    expect(echoed).not.toContain(device)
  })
})

describe('a right guess', () => {
  it('takes the wrong ones before it back', async () => {
    const person = await newPerson(gateway)
    for (let round = 0; round < 3; round += 1) {
      expect(statusesOf(await guess(person.email, 4))).toEqual([401, 401, 401, 401])
      await signInAgain(gateway, person)
    }
    expect((await login(person.email, person.password)).status).toBe(200)
  })
})

describe('an outage of the database', () => {
  it('is nobody’s wrong guess', async () => {
    const proxy = await startDatabaseProxy()
    const own = await startGateway({ bindings: { DATABASE_ENDPOINT: proxy.url } })
    try {
      const person = await newPerson(own)
      const attempt = async (): Promise<number> =>
        (await newVisitor(own).send('POST', '/auth/v1/login', { email: person.email, password: person.password }))
          .status
      proxy.mode('refuse')
      for (let count = 0; count < 8; count += 1) expect(await attempt()).toBe(503)
      proxy.mode('pass')
      await expect.poll(attempt, { timeout: 20_000, interval: 500 }).toBe(200)
    } finally {
      await own.stop()
      await proxy.stop()
    }
  })
})
