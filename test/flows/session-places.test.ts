// Where one's sessions began: in the list for programs, on the page for people, in the copy of everything.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newPerson } from '../support/people.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

/** What Cloudflare would say of a request; see `cfHeader`. */
const from = (cf: object): Record<string, string> => ({ 'test-cf': JSON.stringify(cf) })
const vienna = { country: 'AT', city: 'Wien' }

async function signIn(person: Person, cf: object, more: object = {}): Promise<Visitor> {
  const visitor = newVisitor(gateway)
  const body = { email: person.email, password: person.password, ...more }
  expect((await visitor.send('POST', '/auth/v1/login', body, from(cf))).status).toBe(200)
  return visitor
}
async function locationsOf(visitor: Visitor): Promise<unknown[]> {
  const { items } = (await (await visitor.send('GET', '/auth/v1/sessions')).json()) as {
    items: { location: unknown }[]
  }
  return items.map(({ location }) => location)
}
/** Kept behind the answer of the sign-in. */
async function expectPlace(visitor: Visitor, place: object): Promise<void> {
  await expect.poll(() => locationsOf(visitor), { timeout: 5000 }).toContainEqual(place)
}

describe('the place of a session', () => {
  it('is that of its sign-in, whatever carries it, and nobody’s guess where the platform says nothing', async () => {
    const person = await newPerson(gateway)
    expect(await locationsOf(person.visitor)).toEqual([null])
    await signIn(person, { country: 'JP' }, { mode: 'token' })
    await signIn(person, { country: 'XX', city: 'Nowhere' })
    const visitor = await signIn(person, vienna)
    const elsewhere = await visitor.send('GET', '/private', undefined, from({ country: 'FR', city: 'Paris' }))
    expect(elsewhere.status).toBe(200)
    await expectPlace(visitor, vienna)
    await expectPlace(visitor, { country: 'JP', city: null })
    expect((await locationsOf(visitor)).filter((place) => place === null)).toHaveLength(2)
    const { sessions } = (await (await visitor.send('GET', '/auth/v1/me/export')).json()) as {
      sessions: Record<string, unknown>[]
    }
    expect(sessions.map(({ country, city }) => `${String(country)} ${String(city)}`).toSorted()).toEqual([
      'AT Wien',
      'JP null',
      'null null',
      'null null',
    ])
  })

  it('is that of the browser for an application’s session', async () => {
    const person = await newPerson(gateway)
    const visitor = await signIn(person, vienna)
    await expectPlace(visitor, vienna)
    await gateway.sql(
      `insert into sessions (id, parent_id, user_id, secret_hash, amr, aal, auth_time, expires_at)
        select gen_random_uuid(), s.id, s.user_id, 'of an application', s.amr, s.aal, s.auth_time, s.expires_at
        from sessions s join session_places p on p.session_id = s.id where s.user_id = $1`,
      [person.userId],
    )
    expect((await locationsOf(visitor)).filter((place) => place !== null)).toEqual([vienna, vienna])
  })

  it('is that of the second step, where there is one', async () => {
    const person = await newPerson(gateway)
    const app = await enrol(person.visitor)
    await letTimePass(gateway, person)
    const visitor = newVisitor(gateway)
    const { email, password } = person
    const half = await visitor.send('POST', '/auth/v1/login', { email, password }, from({ country: 'DE' }))
    const { mfa_token: token } = (await half.json()) as { mfa_token: string }
    const proof = { mfa_token: token, method: 'totp', code: totpCode(app.secret) }
    expect((await visitor.send('POST', '/auth/v1/mfa/verify', proof, from(vienna))).status).toBe(200)
    await expectPlace(visitor, vienna)
    expect(await locationsOf(visitor)).not.toContainEqual({ country: 'DE', city: null })
  })

  it('is shown to people in their language', async () => {
    const person = await newPerson(gateway)
    await signIn(person, { country: 'T1' })
    const visitor = await signIn(person, vienna)
    await expectPlace(visitor, vienna)
    await expectPlace(visitor, { country: 'T1', city: null })
    const english = await (await visitor.open('/auth/account?lang=en')).text()
    expect(english).toMatch(/Signed in from<\/dt><dd>Wien, Austria<\/dd>/)
    expect(english).toMatch(/Signed in from<\/dt><dd>Tor<\/dd>/)
    // Nothing is said of the session that began nowhere known.
    expect(english.match(/Signed in from/g)).toHaveLength(2)
    const german = await (await visitor.open('/auth/account?lang=de')).text()
    expect(german).toMatch(/Angemeldet aus<\/dt><dd>Wien, Österreich<\/dd>/)
  })

  it('is none, and nobody is kept out, while there is nothing to keep it in', async () => {
    const person = await newPerson(gateway)
    await gateway.sql('alter table session_places rename to away')
    try {
      const visitor = await signIn(person, vienna)
      expect(await locationsOf(visitor)).toEqual([null, null])
      expect((await visitor.open('/auth/account')).status).toBe(200)
      await expect.poll(() => gateway.workerd.logs().join('\n')).toContain('place of a session not kept')
    } finally {
      await gateway.sql('alter table away rename to session_places')
    }
  })
})
