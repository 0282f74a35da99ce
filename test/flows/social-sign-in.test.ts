// Signing in with another site: who gets in, as whom, and what becomes of an account that somebody else has prepared.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestProvider, askedBy, begin, comeBack, signInWith, startProvider } from '../support/identity-provider.ts'
import { goodPassword, mailTo, newEmail, newPerson } from '../support/people.ts'
import { nothingRemains, prepareAccount, remainsOf } from '../support/prepared-account.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let provider: TestProvider
let other: TestProvider
beforeAll(async () => {
  ;[provider, other] = await Promise.all([startProvider(), startProvider()])
  const rowOf = (id: string, { url, clientId, clientSecret }: TestProvider, more = {}) => ({
    kind: 'oidc',
    id,
    name: id === 'one' ? 'Provider One' : 'Provider Two',
    issuer: url,
    clientId,
    clientSecret: id === 'one' ? { env: 'PROVIDER_SECRET' } : clientSecret,
    ...more,
  })
  const login = {
    magicLink: false,
    providers: [rowOf('one', provider), rowOf('two', other, { unknownUsers: 'refuse' })],
  }
  gateway = await startGateway({
    bundle: bundleWith({ ...shippedConfig, login }),
    bindings: { PROVIDER_SECRET: provider.clientSecret },
  })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([provider.stop(), other.stop()])
})

const newSubject = (): string => randomBytes(6).toString('hex')
const someone = (email = newEmail()) => ({ sub: newSubject(), email, email_verified: true, name: 'Ann Example' })
const enter = (visitor: Visitor, claims: Readonly<Record<string, unknown>>, query = ''): Promise<Response> =>
  signInWith(provider, visitor, { id: 'one', claims, query })

const place = (answer: Response): string => `${answer.status} ${answer.headers.get('location') ?? ''}`.trim()
const codeOf = (answer: Response): string => `${answer.status} ${answer.headers.get('x-portcullis-response') ?? ''}`

async function userOf(visitor: Visitor): Promise<Record<string, unknown> | null> {
  const answer = await visitor.send('GET', '/auth/v1/session')
  return answer.status === 200 ? ((await answer.json()) as { user: Record<string, unknown> }).user : null
}

const eventsOf = async (userId: unknown): Promise<string[]> => {
  const rows = await gateway.sql('select type from audit_events where user_id = $1 order by at, id', [userId])
  return rows.map((row) => String(row['type']))
}

describe('somebody nobody here knows', () => {
  it('gets an account with what the provider says, and goes where they wanted to go', async () => {
    const [visitor, claims] = [newVisitor(gateway), someone()]
    expect(place(await enter(visitor, claims, '?return_to=/private'))).toBe('303 /private')
    const user = await userOf(visitor)
    expect(user).toMatchObject({ email: claims.email, email_verified: true, name: 'Ann Example' })
    const rows = await gateway.sql('select subject from identities where user_id = $1 order by subject', [user?.['id']])
    expect(rows.map((row) => row['subject'])).toEqual([`email:${claims.email}`, `${provider.url}#${claims.sub}`])
    expect(await eventsOf(user?.['id'])).toEqual(expect.arrayContaining(['user.created', 'login.succeeded']))
    const session = (await (await visitor.send('GET', '/auth/v1/session')).json()) as { session: object }
    expect(session.session).toMatchObject({ amr: ['fed'], aal: 'aal1' })
  })

  it('is the same somebody the next time, whatever has become of their address there', async () => {
    const [first, second, claims] = [newVisitor(gateway), newVisitor(gateway), someone()]
    await enter(first, claims)
    await enter(second, { ...claims, email: newEmail(), email_verified: false })
    expect((await userOf(second))?.['id']).toBe((await userOf(first))?.['id'])
    expect((await userOf(second))?.['email']).toBe(claims.email)
  })

  it('is one person, however many of their sign-ins end at the same moment', async () => {
    const claims = someone()
    const ready = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const visitor = newVisitor(gateway)
        return { visitor, asked: await begin(visitor, 'one') }
      }),
    )
    const answers = await Promise.all(
      ready.map(({ visitor, asked }) =>
        comeBack(visitor, asked, { code: provider.newCode(asked, claims), state: asked.state, iss: provider.url }),
      ),
    )
    expect(new Set(answers.map(place))).toEqual(new Set(['303 /']))
    const rows = await gateway.sql('select count(*)::integer as users from users where lower(email) = $1', [
      claims.email,
    ])
    expect(rows).toEqual([{ users: 1 }])
  })

  it('gets none where the provider does not say that the address is theirs', async () => {
    for (const claims of [
      { ...someone(), email_verified: false },
      { ...someone(), email_verified: undefined },
      { ...someone(), email: undefined },
      { ...someone(), email: 'ann@exämple.com' },
    ]) {
      expect(codeOf(await enter(newVisitor(gateway), claims))).toBe('403 address_unproven')
    }
  })

  it('gets none where the provider may not bring new people', async () => {
    const answer = await signInWith(other, newVisitor(gateway), { id: 'two', claims: someone() })
    expect(codeOf(answer)).toBe('403 no_account')
  })
})

it('puts on record that somebody stopped there', async () => {
  const visitor = newVisitor(gateway)
  const asked = await begin(visitor, 'one')
  const answer = await comeBack(visitor, asked, { error: 'access_denied', state: asked.state, iss: provider.url })
  expect(codeOf(answer)).toBe('400 sign_in_cancelled')
  const rows = (): Promise<unknown> =>
    gateway.sql('select type, outcome, user_id, details from audit_events where request_id = $1', [
      answer.headers.get('x-request-id'),
    ])
  const expected = { type: 'login.cancelled', outcome: 'failure', user_id: null, details: { method: 'one' } }
  await expect.poll(rows, { timeout: 5000 }).toEqual([expected])
})

describe('somebody with an account', () => {
  it('is known by an address that is proven on both sides, told of it by mail, and signed out elsewhere', async () => {
    const person = await newPerson(gateway)
    const [visitor, claims] = [newVisitor(gateway), someone(person.email)]
    await signInWith(other, visitor, { id: 'two', claims })
    expect((await userOf(visitor))?.['id']).toBe(person.userId)
    expect(await userOf(person.visitor)).toBe(null)
    const later = newVisitor(gateway)
    await signInWith(other, later, { id: 'two', claims })
    expect([(await userOf(visitor))?.['id'], (await userOf(later))?.['id']]).toEqual([person.userId, person.userId])
    expect((await mailTo(gateway, person.email, /A change to your account/)).subject).toContain('A change')
    const again = newVisitor(gateway)
    expect((await again.send('POST', '/auth/v1/login', { email: person.email, password: goodPassword })).status).toBe(
      200,
    )
  })

  it('is asked for the second factor that the account has', async () => {
    const person = await newPerson(gateway)
    const app = await enrol(person.visitor)
    await letTimePass(gateway, person)
    const visitor = newVisitor(gateway)
    expect(place(await enter(visitor, someone(person.email), '?return_to=/private'))).toBe(
      '303 /auth/mfa?return_to=%2Fprivate',
    )
    expect(await userOf(visitor)).toBe(null)
    await visitor.open('/auth/mfa')
    expect(place(await visitor.submit('/auth/mfa', { code: totpCode(app.secret), return_to: '/private' }))).toBe(
      '303 /private',
    )
    expect((await userOf(visitor))?.['id']).toBe(person.userId)
  })

  it.each([
    ['locked', "update users set status = 'locked' where id = $1"],
    ['deleted', 'update users set deleted_at = now() where id = $1'],
  ])('does not get in while it is %s', async (_, statement) => {
    const [visitor, claims] = [newVisitor(gateway), someone()]
    await enter(visitor, claims)
    await gateway.sql(statement, [(await userOf(visitor))?.['id']])
    const late = newVisitor(gateway)
    expect([codeOf(await enter(late, claims)), await userOf(late)]).toEqual(['403 forbidden', null])
  })

  it('that is locked is not opened by another identity with its address either', async () => {
    const person = await newPerson(gateway)
    await gateway.sql("update users set status = 'locked' where id = $1", [person.userId])
    expect(codeOf(await enter(newVisitor(gateway), someone(person.email)))).toBe('403 no_account')
    expect(await gateway.sql('select 1 from identities where user_id = $1', [person.userId])).toHaveLength(1)
  })
})

describe('an account that a stranger has prepared with somebody else’s address', () => {
  it('becomes the owner’s, without the stranger’s password, factors, identities, questions and sessions', async () => {
    const claims = someone()
    const { email } = claims
    const { userId, stranger, signUp } = await prepareAccount(gateway, email)
    const owner = newVisitor(gateway)
    expect(place(await enter(owner, claims))).toBe('303 /')
    expect(await userOf(owner)).toMatchObject({ id: userId, email, email_verified: true, name: 'Ann Example' })
    await expect.poll(() => userOf(stranger), { timeout: 5000 }).toBe(null)
    const login = await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password: goodPassword })
    const verify = await newVisitor(gateway).send('POST', '/auth/v1/email/verify', { token: signUp.token })
    expect([login.status, verify.status]).toEqual([401, 401])
    // The identity that is left is the owner's.
    expect(await remainsOf(gateway, userId)).toEqual({ ...nothingRemains, name: 'Ann Example', identities: 1 })
    expect(await eventsOf(userId)).toContain('account.taken-over')
  })

  it('stays closed to whoever has the address there unproven', async () => {
    const email = newEmail()
    await newVisitor(gateway).send('POST', '/auth/v1/signup', { email, password: goodPassword })
    expect(codeOf(await enter(newVisitor(gateway), { ...someone(email), email_verified: false }))).toBe(
      '403 address_unproven',
    )
  })
})

describe('connected accounts', () => {
  async function connect(visitor: Visitor, claims: Readonly<Record<string, unknown>>): Promise<Response> {
    await visitor.open('/auth/account/connections')
    const page = await visitor.submit('/auth/account/connections/connect', { provider: 'one' })
    const asked = askedBy((page.headers.get('refresh') ?? '').replace('0; url=', ''))
    return comeBack(visitor, asked, { code: provider.newCode(asked, claims), state: asked.state, iss: provider.url })
  }
  const disconnect = async (visitor: Visitor): Promise<Response> => {
    await visitor.open('/auth/account/connections')
    return visitor.submit('/auth/account/connections/disconnect', { provider: 'one' })
  }

  it('are added by their owner, whatever address they have there, and end other sessions', async () => {
    const person = await newPerson(gateway)
    const elsewhere = newVisitor(gateway)
    await elsewhere.send('POST', '/auth/v1/login', { email: person.email, password: goodPassword })
    const claims = { ...someone(), email_verified: false }
    expect(place(await connect(person.visitor, claims))).toBe('303 /auth/account/connections?notice=identity_connected')
    await expect.poll(() => userOf(elsewhere), { timeout: 5000 }).toBe(null)
    expect((await mailTo(gateway, person.email, /A change to your account/)).subject).toContain('A change')
    const visitor = newVisitor(gateway)
    await enter(visitor, claims)
    expect((await userOf(visitor))?.['id']).toBe(person.userId)
  })

  it('ask the provider for a proof of now, and take none from before', async () => {
    const person = await newPerson(gateway)
    await person.visitor.open('/auth/account/connections')
    const page = await person.visitor.submit('/auth/account/connections/connect', { provider: 'one' })
    const asked = askedBy((page.headers.get('refresh') ?? '').replace('0; url=', ''))
    expect([asked.parameters.get('prompt'), asked.parameters.get('max_age')]).toEqual(['login', '0'])
    const code = provider.newCode(asked, { ...someone(), auth_time: Math.floor(Date.now() / 1000) - 600 })
    expect(codeOf(await comeBack(person.visitor, asked, { code, state: asked.state, iss: provider.url }))).toBe(
      '502 provider_failed',
    )
  })

  it('are not somebody else’s already', async () => {
    const claims = someone()
    await enter(newVisitor(gateway), claims)
    const person = await newPerson(gateway)
    expect(codeOf(await connect(person.visitor, claims))).toBe('409 identity_taken')
  })

  it('are not added to a session that was swapped on the way', async () => {
    const [person, thief] = [await newPerson(gateway), await newPerson(gateway)]
    await person.visitor.open('/auth/account/connections')
    const page = await person.visitor.submit('/auth/account/connections/connect', { provider: 'one' })
    const asked = askedBy((page.headers.get('refresh') ?? '').replace('0; url=', ''))
    for (const [name, value] of thief.visitor.cookies)
      if (name !== '__Host-portcullis-pre') person.visitor.cookies.set(name, value)
    const code = provider.newCode(asked, someone())
    expect(codeOf(await comeBack(person.visitor, asked, { code, state: asked.state, iss: provider.url }))).toBe(
      '400 sign_in_expired',
    )
  })

  it('need a proof of the last minutes, by the second factor where there is one, and a proven mailbox', async () => {
    const ask = async (visitor: Visitor): Promise<string> => {
      const token = ((await (await visitor.send('GET', '/auth/v1/csrf')).json()) as { csrf_token: string }).csrf_token
      const fields = { provider: 'one', csrf_token: token }
      return place(await visitor.submit('/auth/account/connections/connect', fields))
    }
    const old = await newPerson(gateway)
    await gateway.sql("update sessions set auth_time = now() - interval '11 minutes' where user_id = $1", [old.userId])
    expect(await ask(old.visitor)).toMatch(/^401/)
    const factored = await newPerson(gateway)
    await gateway.sql("insert into totp_credentials (user_id, secret, confirmed_at) values ($1, 'x', now())", [
      factored.userId,
    ])
    expect(await ask(factored.visitor)).toMatch(/^401/)
    const unproven = newVisitor(gateway)
    const email = newEmail()
    await unproven.send('POST', '/auth/v1/signup', { email, password: goodPassword })
    await mailTo(gateway, email)
    await unproven.send('POST', '/auth/v1/login', { email, password: goodPassword })
    await unproven.open('/auth/account/connections')
    const refused = await unproven.submit('/auth/account/connections/connect', { provider: 'one' })
    expect(codeOf(refused)).toBe('403 email_unverified')
  })

  it('are removed by their owner while there is another way in, and told by mail', async () => {
    const person = await newPerson(gateway)
    const claims = someone()
    await connect(person.visitor, claims)
    const before = gateway.mail.messages().length
    expect((await disconnect(person.visitor)).status).toBe(200)
    await expect.poll(() => gateway.mail.messages().length, { timeout: 5000 }).toBeGreaterThan(before)
    expect(codeOf(await disconnect(person.visitor))).toBe('404 not_found')
    const visitor = newVisitor(gateway)
    await enter(visitor, claims)
    expect((await userOf(visitor))?.['id']).not.toBe(person.userId)
    expect(await eventsOf(person.userId)).toContain('identity.removed')
  })

  it('are kept where one is the last way in', async () => {
    const [visitor, claims] = [newVisitor(gateway), someone()]
    await enter(visitor, claims)
    expect(codeOf(await disconnect(visitor))).toBe('409 last_way_in')
    const again = newVisitor(gateway)
    await enter(again, claims)
    expect((await userOf(again))?.['id']).toBe((await userOf(visitor))?.['id'])
  })
})

describe('a session that is too old for what its owner wants', () => {
  it('is renewed by the provider, for somebody without a password', async () => {
    const [visitor, claims] = [newVisitor(gateway), someone()]
    await enter(visitor, claims)
    await visitor.open('/auth/account')
    const page = await (await visitor.open('/auth/reauthenticate?return_to=/private')).text()
    expect(page).toContain('href="/auth/v1/oidc/one/start?return_to=%2Fprivate&amp;prompt=login"')
    expect(place(await enter(visitor, claims, '?return_to=/private&prompt=login'))).toBe('303 /private')
  })
})
