import { argon2Sync, createHmac, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, goodPassword, mailTo, newEmail, newPerson } from '../support/people.ts'
import { newAddress, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let person: Person
beforeAll(async () => {
  gateway = await startGateway()
  person = await newPerson(gateway)
})
afterAll(() => gateway.stop())

const login = (email: string, password: string, ip = newAddress()): Promise<Response> =>
  newVisitor(gateway, ip).send('POST', '/auth/v1/login', { email, password })

/** The one way a wrong login looks, without what differs between any two answers. */
async function shape(answer: Response): Promise<unknown> {
  const body = (await answer.json()) as Record<string, unknown>
  const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id' && name !== 'date')
  return { status: answer.status, headers: headers.toSorted(), body: { ...body, request_id: null } }
}

describe('a login that fails', () => {
  it('looks the same whether the address is unknown, malformed, or the password wrong', async () => {
    const known = await shape(await login(person.email, 'a wrong password'))
    for (const other of [newEmail(), 'no address at all', 'a@b@example.com', '', `${'a'.repeat(300)}@example.com`]) {
      expect(await shape(await login(other, 'a wrong password'))).toEqual(known)
    }
    expect(known).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
  })
})

describe('the sixth login in a minute', () => {
  const sixth = async (addressOf: (attempt: number) => string): Promise<Response> => {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await login(newEmail(), 'a wrong password', addressOf(attempt))).status).toBe(401)
    }
    return login(person.email, person.password, addressOf(5))
  }

  it('from one address is refused with the standard headers, and nobody else is', async () => {
    const ip = newAddress()
    const answer = await sixth(() => ip)
    expect(answer.status).toBe(429)
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
    expect(answer.headers.get('ratelimit-policy')).toMatch(/^"[\w-]+";q=5;w=60$/)
    expect(answer.headers.get('ratelimit')).toMatch(/^"[\w-]+";r=0;t=[1-9]\d?$/)
    expect(await answer.json()).toMatchObject({
      code: 'too_many_attempts',
      retry_after: Number(answer.headers.get('retry-after')),
    })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect((await login(person.email, person.password)).status).toBe(200)
  })

  it('from one IPv6 network is refused, whichever of its addresses asks, and the next network is not', async () => {
    const net = `2001:db8:${randomBytes(2).toString('hex')}:`
    expect((await sixth((attempt) => `${net}1:0:0:${attempt + 1}:${attempt}`)).status).toBe(429)
    expect((await login(person.email, person.password, `${net}1:ffff:ffff:ffff:ffff`)).status).toBe(429)
    expect((await login(person.email, person.password, `${net}2::1`)).status).toBe(200)
  })

  it('counts an IPv4 address and its mapped IPv6 spelling as one', async () => {
    const ip = newAddress()
    expect((await sixth((attempt) => (attempt % 2 === 0 ? ip : `::ffff:${ip}`))).status).toBe(429)
  })
})

describe('a password', () => {
  it('stored under an older cost is stored anew by the next login, and works before and after', async () => {
    const somebody = await newPerson(gateway)
    await gateway.sql('update password_credentials set hash = $1 where user_id = $2', [
      cheaplyHashed(somebody.password),
      somebody.userId,
    ])
    const stored = async (): Promise<unknown> =>
      (await gateway.sql('select hash from password_credentials where user_id = $1', [somebody.userId]))[0]?.['hash']
    expect((await login(somebody.email, 'a wrong password')).status).toBe(401)
    expect(await stored()).toContain('m=8192,t=1')
    const better = await login(somebody.email, somebody.password)
    expect(better.status).toBe(200)
    expect(await stored()).toMatch(/^v1\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect((await login(somebody.email, somebody.password)).status).toBe(200)
    expect((await login(somebody.email, 'a wrong password')).status).toBe(401)
    // Once, by the login that did it, although two more came after it.
    const events = await gateway.sql(
      "select request_id, outcome from audit_events where user_id = $1 and type = 'password.rehashed'",
      [somebody.userId],
    )
    expect(events).toEqual([{ request_id: better.headers.get('x-request-id'), outcome: 'success' }])
  })

  it.each([
    '',
    'v0$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA',
    '$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA',
    'v1$scrypt$x',
  ])('stored in a form nobody knows opens nothing and stays as it is: %s', async (stored) => {
    const somebody = await newPerson(gateway)
    const change = 'update password_credentials set hash = $1 where user_id = $2'
    await gateway.sql(change, [stored, somebody.userId])
    for (const given of [somebody.password, '', stored])
      expect([given, (await login(somebody.email, given)).status]).toEqual([given, 401])
    const kept = await gateway.sql('select hash from password_credentials where user_id = $1', [somebody.userId])
    expect(kept).toEqual([{ hash: stored }])
  })

  it.each([
    ['of 7 characters', 'a'.repeat(7), 422],
    ['of 8 characters', 'xq7 vhzt', 202],
    ['of 256 characters', 'a'.repeat(256), 202],
    ['of 257 characters', 'a'.repeat(257), 422],
    ['of 256 characters outside the BMP', '\u{1f600}'.repeat(256), 202],
    ['of 7 characters outside the BMP', '\u{1f600}'.repeat(7), 422],
    ['of 8 characters that are 16 before composition', 'e\u0301'.repeat(8), 202],
    ['of 7 characters that are 14 before composition', 'e\u0301'.repeat(7), 422],
  ])('%s is answered as its length asks: %#', async (_, password, status) => {
    const answer = await newVisitor(gateway).send('POST', '/auth/v1/signup', { email: newEmail(), password })
    const text = await answer.text()
    expect(answer.status).toBe(status)
    expect(text).not.toContain(password)
  })

  it('is the same composed and decomposed, differs in its last of 256 characters, and is never trimmed', async () => {
    const composed = await signedUp(`${'\u00e9\u00c5'.repeat(10)} `)
    expect((await login(composed, `${'e\u0301A\u030a'.repeat(10)} `)).status).toBe(200)
    expect((await login(composed, '\u00e9\u00c5'.repeat(10))).status).toBe(401)
    const long = await signedUp(`${'x'.repeat(255)}a`)
    expect((await login(long, `${'x'.repeat(255)}b`)).status).toBe(401)
    expect((await login(long, `${'x'.repeat(255)}a`)).status).toBe(200)
  })
})

describe('an address', () => {
  it.each([
    'a@b@example.com',
    'a\uff20b@example.com',
    '"a@b"@example.com',
    'a@example.com,b@example.com',
    '<a@example.com>',
    'a@',
    '@b',
    'a b@example.com',
    'a@example.com\r\nBcc: b@example.com',
  ])('that is none is refused: %j', async (email) => {
    const before = gateway.mail.messages().length
    const answer = await newVisitor(gateway).send('POST', '/auth/v1/signup', { email, password: goodPassword })
    expect(answer.status).toBe(422)
    expect(gateway.mail.messages().length).toBe(before)
  })

  it('means one mailbox in full-width, in capitals and with spaces around it', async () => {
    const [name = '', domain = ''] = person.email.split('@')
    for (const spelling of [`${name}\uff20${domain}`, person.email.toUpperCase(), ` ${person.email} `]) {
      expect((await login(spelling, person.password)).status).toBe(200)
      expect(
        (await newVisitor(gateway).send('POST', '/auth/v1/signup', { email: spelling, password: goodPassword })).status,
      ).toBe(202)
    }
    expect((await gateway.sql('select 1 from users where lower(email) = $1', [person.email])).length).toBe(1)
  })
})

describe('signing up with an address that is somebody else’s', () => {
  it('gains nothing: the password of whoever proves the mailbox counts, and earlier sessions die', async () => {
    const email = newEmail()
    const attacker = newVisitor(gateway)
    await attacker.send('POST', '/auth/v1/signup', { email, password: 'the password of the attacker' })
    expect(
      (await attacker.send('POST', '/auth/v1/login', { email, password: 'the password of the attacker' })).status,
    ).toBe(200)
    expect((await attacker.send('GET', '/private')).status).toBe(200)
    const first = await mailTo(gateway, email)
    const owner = newVisitor(gateway)
    await owner.send('POST', '/auth/v1/signup', { email, password: goodPassword })
    await expect.poll(async () => (await mailTo(gateway, email)).token).not.toBe(first.token)
    const { token } = await mailTo(gateway, email)
    expect((await owner.send('POST', '/auth/v1/email/verify', { token })).status).toBe(200)
    expect((await owner.send('GET', '/private')).status).toBe(200)
    // A lease may vouch for a session for a second.
    await expect.poll(async () => (await attacker.send('GET', '/private')).status, { timeout: 5_000 }).toBe(401)
    expect((await login(email, 'the password of the attacker')).status).toBe(401)
    expect((await login(email, goodPassword)).status).toBe(200)
    // The attacker's own challenge is worth nothing any more.
    expect((await newVisitor(gateway).send('POST', '/auth/v1/email/verify', { token: first.token })).status).toBe(401)
  })
})

async function signedUp(password: string): Promise<string> {
  const email = newEmail()
  const visitor = newVisitor(gateway)
  expect((await visitor.send('POST', '/auth/v1/signup', { email, password })).status).toBe(202)
  const { token } = await mailTo(gateway, email)
  expect((await visitor.send('POST', '/auth/v1/email/verify', { token })).status).toBe(200)
  return email
}

/** The gateway's own form at a lower cost, by another implementation of argon2. */
function cheaplyHashed(password: string): string {
  const pepper = Buffer.from(gateway.bindings['PASSWORD_PEPPER'] ?? '', 'base64url')
  const message = createHmac('sha256', pepper).update(password.normalize('NFC')).digest('base64url')
  const nonce = randomBytes(16)
  const tag = argon2Sync('argon2id', { message, nonce, memory: 8192, passes: 1, parallelism: 1, tagLength: 32 })
  const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')
  return `v1$argon2id$v=19$m=8192,t=1,p=1$${unpadded(nonce)}$${unpadded(tag)}`
}
