// Passkeys through the front door: added by their owner, good for a sign-in by themselves or after something else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { createAnswer, getAnswer, newPasskey } from '../../tools/dev/passkey-device.ts'
import { enrolPasskey, enrolQuestion, finish, questionFor, signInWith } from '../support/passkey.ts'
import { type Person, mailTo, newEmail, newPerson, signInAgain } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

const metricsToken = 'a-token-of-the-test'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ bindings: { METRICS_TOKEN: metricsToken } })
})
afterAll(() => gateway.stop())

const json = async (answer: Response): Promise<Record<string, never>> => (await answer.json()) as Record<string, never>
const codeOf = async (answer: Response): Promise<[number, string]> => [
  answer.status,
  (await json(answer))['code'] ?? '',
]
const statusOf = async (visitor: Visitor, path = '/private'): Promise<number> =>
  (await visitor.send('GET', path)).status
const forget = (person: Person): Promise<unknown> =>
  gateway.sql("update sessions set auth_time = now() - interval '11 minutes' where user_id = $1", [person.userId])
const listOf = async (visitor: Visitor): Promise<Record<string, unknown>[]> =>
  (await json(await visitor.send('GET', '/auth/v1/passkeys')))['items'] ?? []
const events = (type: string, userId: string): Promise<Record<string, unknown>[]> =>
  gateway.sql('select reason, details, outcome from audit_events where type = $1 and user_id = $2', [type, userId])

describe('adding a passkey', () => {
  it('keeps it, ends all other sessions, tells the owner and is on record', async () => {
    const person = await newPerson(gateway)
    const other = await signInAgain(gateway, person)
    const question = await enrolQuestion(person.visitor)
    expect(question).toMatchObject({
      rp: { id: 'localhost', name: 'Portcullis' },
      user: { name: person.email, displayName: 'Test Person' },
      attestation: 'none',
      excludeCredentials: [],
      authenticatorSelection: { residentKey: 'required' },
    })
    const handle = Buffer.from(question.user?.id ?? '', 'base64url')
    expect(handle.length).toBe(32)
    expect(handle.toString('hex')).not.toContain(person.userId.replaceAll('-', '').slice(0, 12))
    const passkey = newPasskey(gateway.url)
    const answer = await person.visitor.change('POST', '/auth/v1/webauthn/register/finish', {
      challenge_id: question.challenge_id,
      response: createAnswer(passkey, question),
      name: '  My phone ',
    })
    expect(answer.status).toBe(201)
    const shown = await json(answer)
    expect(shown).toMatchObject({
      name: 'My phone',
      credential_id: passkey.id.toString('base64url'),
      last_used_at: null,
      backed_up: true,
      transports: ['internal', 'hybrid'],
      aaguid: null,
    })
    expect(await listOf(person.visitor)).toEqual([shown])
    expect([await statusOf(person.visitor), await statusOf(other)]).toEqual([200, 401])
    expect((await mailTo(gateway, person.email, /change to your account/)).link).toBe(`${gateway.url}/auth/account`)
    expect(await events('factor.added', person.userId)).toMatchObject([
      { details: { factor: 'passkey', passkey: shown['id'] } },
    ])
  })

  it('names it after the device when nobody names it', async () => {
    const { visitor } = await newPerson(gateway)
    await enrolPasskey(visitor, gateway.url)
    expect(await listOf(visitor)).toMatchObject([{ name: 'Unknown device' }])
  })

  it('is for people with a confirmed address who have proven themselves lately', async () => {
    const start = '/auth/v1/webauthn/register/start'
    expect(await codeOf(await newVisitor(gateway).send('POST', start, {}))).toEqual([401, 'unauthenticated'])
    const visitor = newVisitor(gateway)
    const [email, password] = [newEmail(), 'the password of a newcomer']
    await visitor.send('POST', '/auth/v1/signup', { email, password })
    await visitor.send('POST', '/auth/v1/login', { email, password })
    expect(await codeOf(await visitor.change('POST', start))).toEqual([403, 'email_unverified'])
    const old = await newPerson(gateway)
    const question = await enrolQuestion(old.visitor)
    await forget(old)
    const later = await signedInLongAgo(old)
    expect(await codeOf(await later.change('POST', start))).toEqual([401, 'step_up_required'])
    const late = { challenge_id: question.challenge_id, response: createAnswer(newPasskey(gateway.url), question) }
    expect(await codeOf(await later.change('POST', '/auth/v1/webauthn/register/finish', late))).toEqual([
      401,
      'step_up_required',
    ])
    expect((await later.change('POST', '/auth/v1/reauthenticate', { password: old.password })).status).toBe(200)
    expect((await later.change('POST', start)).status).toBe(200)
  })

  it('asks devices that have one already to say so, and gives every one the same handle', async () => {
    const { visitor } = await newPerson(gateway)
    const passkey = await enrolPasskey(visitor, gateway.url)
    const again = await enrolQuestion(visitor)
    expect(again.excludeCredentials).toEqual([
      { id: passkey.id.toString('base64url'), type: 'public-key', transports: ['internal', 'hybrid'] },
    ])
    expect(again.user?.id).toBe(passkey.handle)
  })

  it('refuses a credential that is there already, whoever has it, and one made up for nobody', async () => {
    const [ada, bob] = [await newPerson(gateway), await newPerson(gateway)]
    const passkey = await enrolPasskey(ada.visitor, gateway.url)
    const nobody = await questionFor(newVisitor(gateway), { email: newEmail() })
    const decoy = Buffer.from(nobody.allowCredentials?.[0]?.id ?? '', 'base64url')
    for (const id of [passkey.id, decoy]) {
      const question = await enrolQuestion(bob.visitor)
      const response = createAnswer(newPasskey(gateway.url), question, { id })
      const body = { challenge_id: question.challenge_id, response }
      expect(await codeOf(await bob.visitor.change('POST', '/auth/v1/webauthn/register/finish', body))).toEqual([
        409,
        'passkey_exists',
      ])
    }
    expect(await listOf(bob.visitor)).toEqual([])
  })

  it('ends at twenty, also for a question that was asked before', async () => {
    const { visitor, userId } = await newPerson(gateway)
    await enrolPasskey(visitor, gateway.url)
    const question = await enrolQuestion(visitor)
    await gateway.sql(
      `insert into passkeys (id, user_id, credential_id, public_key, counter, is_backup_eligible, is_backed_up, name)
        select gen_random_uuid(), user_id, credential_id || n, public_key, 0, true, true, name from passkeys, generate_series(1, 19) n where user_id = $1`,
      [userId],
    )
    const body = { challenge_id: question.challenge_id, response: createAnswer(newPasskey(gateway.url), question) }
    const finished = await visitor.change('POST', '/auth/v1/webauthn/register/finish', body)
    expect(await codeOf(finished)).toEqual([409, 'too_many_passkeys'])
    expect(await codeOf(await visitor.change('POST', '/auth/v1/webauthn/register/start'))).toEqual([
      409,
      'too_many_passkeys',
    ])
    expect((await listOf(visitor)).length).toBe(20)
  })

  it('needs the second factor where the account has one', async () => {
    const person = await newPerson(gateway)
    await enrol(person.visitor)
    await gateway.sql('update sessions set aal = 1 where user_id = $1', [person.userId])
    const weak = await signedInLongAgo(person)
    expect(await codeOf(await weak.change('POST', '/auth/v1/webauthn/register/start'))).toEqual([
      401,
      'step_up_required',
    ])
  })
})

describe('a passkey whose owner gets a second factor while it is added', () => {
  it.each([
    ['an app', "insert into totp_credentials (user_id, secret, confirmed_at) values (new.user_id, 'x', now())"],
    [
      'a phone',
      `insert into phone_credentials (user_id, phone, use)
        values (new.user_id, '+4930' || (random() * 1e9)::bigint, 'second-factor')`,
    ],
  ])('is not added by a session that has not given it: %s', async (_, insert) => {
    const person = await newPerson(gateway)
    const question = await enrolQuestion(person.visitor)
    // Between the question who may and the statement that adds: when the challenge is spent.
    await gateway.sql(`create function meanwhile() returns trigger language plpgsql as $$ begin ${insert}; return null; end $$;
      create trigger meanwhile after update on challenges for each row when (new.purpose = 'passkey-add') execute function meanwhile()`)
    const response = createAnswer(newPasskey(gateway.url), question)
    const body = { challenge_id: question.challenge_id, response }
    const answer = await person.visitor.change('POST', '/auth/v1/webauthn/register/finish', body)
    await gateway.sql('drop trigger meanwhile on challenges; drop function meanwhile')
    expect(await codeOf(answer)).toEqual([401, 'step_up_required'])
    expect(await listOf(person.visitor)).toEqual([])
  })
})

/** As an isolate that was started later sees the session. */
async function signedInLongAgo({ visitor }: Person): Promise<Visitor> {
  await gateway.workerd.restart({ bindings: gateway.bindings })
  return visitor
}

describe('a sign-in with a passkey', () => {
  it.each(['ES256', 'EdDSA', 'RS256'] as const)('needs nothing else, with a key for %s', async (algorithm) => {
    const person = await newPerson(gateway)
    const passkey = await enrolPasskey(person.visitor, gateway.url, { algorithm })
    const visitor = newVisitor(gateway)
    const answer = await signInWith(visitor, passkey)
    expect(await json(answer)).toMatchObject({
      status: 'signed_in',
      user: { id: person.userId, email: person.email },
      session: { aal: 'aal2', amr: ['swk', 'user', 'mfa'] },
    })
    expect(await statusOf(visitor)).toBe(200)
    expect(await events('login.succeeded', person.userId)).toContainEqual({
      reason: null,
      // With how unusual it was, which is for the trail alone.
      details: expect.objectContaining({ method: 'passkey', risk_score: expect.any(Number) }),
      outcome: 'success',
    })
    expect((await listOf(visitor))[0]?.['last_used_at']).toMatch(/^\d{4}-/)
  })

  it('knows whose passkeys to ask for when it is told the address', async () => {
    const person = await newPerson(gateway)
    const passkey = await enrolPasskey(person.visitor, gateway.url)
    const visitor = newVisitor(gateway)
    const question = await questionFor(visitor, { email: person.email.toUpperCase() })
    expect(question.allowCredentials).toEqual([
      { id: passkey.id.toString('base64url'), type: 'public-key', transports: ['internal', 'hybrid'] },
    ])
    // An authenticator that was asked for a passkey by its id need not say whose it is.
    expect((await finish(visitor, question, getAnswer(passkey, question, { handle: null }))).status).toBe(200)
  })

  it('takes a session bound to a device for one, and says so', async () => {
    const { visitor } = await newPerson(gateway)
    const passkey = await enrolPasskey(visitor, gateway.url, { isBackupEligible: false, counts: true })
    const answer = await signInWith(newVisitor(gateway), passkey)
    expect((await json(answer))['session']).toMatchObject({ amr: ['hwk', 'user', 'mfa'] })
    expect(await listOf(visitor)).toMatchObject([{ backed_up: false }])
  })

  it('without a finger or a PIN is one factor: enough alone, and the first half where there is an app', async () => {
    const person = await newPerson(gateway)
    const passkey = await enrolPasskey(person.visitor, gateway.url, { verifies: false })
    const answer = await signInWith(newVisitor(gateway), passkey)
    expect((await json(answer))['session']).toMatchObject({ aal: 'aal1', amr: ['swk', 'user'] })
    const app = await enrol(person.visitor)
    await letTimePass(gateway, person)
    const visitor = newVisitor(gateway)
    const half = await json(await signInWith(visitor, passkey))
    expect(half).toMatchObject({ status: 'mfa_required', methods: ['totp', 'backup_code', 'passkey'] })
    // The same touch again is no second factor.
    const token = half['mfa_token']
    const question = await questionFor(visitor, { mfa_token: token })
    expect(question.userVerification).toBe('required')
    const touch = { mfa_token: token, method: 'passkey', response: getAnswer(passkey, question) }
    expect(await codeOf(await visitor.send('POST', '/auth/v1/mfa/verify', touch))).toEqual([401, 'passkey_refused'])
    const code = { mfa_token: token, method: 'totp', code: totpCode(app.secret) }
    expect((await visitor.send('POST', '/auth/v1/mfa/verify', code)).status).toBe(200)
  })

  it('asks nobody for a code where the authenticator has verified its owner', async () => {
    const person = await newPerson(gateway)
    await enrol(person.visitor)
    const passkey = await enrolPasskey(person.visitor, gateway.url)
    expect(await json(await signInWith(newVisitor(gateway), passkey))).toMatchObject({
      status: 'signed_in',
      session: { aal: 'aal2' },
    })
  })

  it('ends in tokens where a program asks for them', async () => {
    const { visitor: owner } = await newPerson(gateway)
    const passkey = await enrolPasskey(owner, gateway.url)
    const visitor = newVisitor(gateway)
    const question = await questionFor(visitor)
    const answer = await finish(visitor, question, getAnswer(passkey, question), { mode: 'token' })
    expect(await json(answer)).toMatchObject({ token_type: 'Bearer', session: { aal: 'aal2' } })
    expect(answer.headers.getSetCookie().filter((line) => line.startsWith('__Host-portcullis='))).toEqual([])
  })

  it('passes the lock that strangers’ guesses brought about, and marks the device', async () => {
    const person = await newPerson(gateway)
    const passkey = await enrolPasskey(person.visitor, gateway.url)
    for (let count = 0; count < 6; count += 1)
      await newVisitor(gateway).send('POST', '/auth/v1/login', { email: person.email, password: 'a wrong password' })
    const visitor = newVisitor(gateway)
    const byPassword = { email: person.email, password: person.password }
    expect((await visitor.send('POST', '/auth/v1/login', byPassword)).status).toBe(429)
    expect((await signInWith(visitor, passkey)).status).toBe(200)
    expect((await visitor.change('POST', '/auth/v1/login', byPassword)).status).toBe(200)
    // What the strangers did stays done.
    expect((await newVisitor(gateway).send('POST', '/auth/v1/login', byPassword)).status).toBe(429)
  })

  it('is for one use of a challenge, within five minutes, by the browser that asked', async () => {
    const { visitor: owner } = await newPerson(gateway)
    const passkey = await enrolPasskey(owner, gateway.url)
    const visitor = newVisitor(gateway)
    const question = await questionFor(visitor)
    const elsewhere = await finish(newVisitor(gateway), question, getAnswer(passkey, question))
    expect(await codeOf(elsewhere)).toEqual([401, 'invalid_or_expired'])
    expect((await finish(visitor, question, getAnswer(passkey, question))).status).toBe(200)
    const again = newVisitor(gateway)
    for (const [name, value] of visitor.cookies) if (name.endsWith('-pre')) again.cookies.set(name, value)
    expect(await codeOf(await finish(again, question, getAnswer(passkey, question)))).toEqual([
      401,
      'invalid_or_expired',
    ])
    const late = newVisitor(gateway)
    const old = await questionFor(late)
    await gateway.sql('update challenges set expires_at = now() where id = $1', [old.challenge_id])
    expect(await codeOf(await finish(late, old, getAnswer(passkey, old)))).toEqual([401, 'invalid_or_expired'])
    const [row] = await gateway.sql(
      'select extract(epoch from expires_at - created_at)::int as s from challenges where id = $1',
      [question.challenge_id],
    )
    expect(row?.['s']).toBeLessThanOrEqual(300)
    expect(row?.['s']).toBeGreaterThan(290)
  })

  it('spends the challenge when the answer is wrong, too', async () => {
    const { visitor: owner } = await newPerson(gateway)
    const passkey = await enrolPasskey(owner, gateway.url)
    const visitor = newVisitor(gateway)
    const question = await questionFor(visitor)
    expect((await finish(visitor, question, getAnswer(passkey, question, { domain: 'evil.example' }))).status).toBe(401)
    expect(await codeOf(await finish(visitor, question, getAnswer(passkey, question)))).toEqual([
      401,
      'invalid_or_expired',
    ])
  })

  it('takes counters up, never down or twice, and puts on record when one goes back', async () => {
    const person = await newPerson(gateway)
    const passkey = await enrolPasskey(person.visitor, gateway.url, { counts: true })
    for (const counter of [5, 6, 4_000_000_000])
      expect((await signInWith(newVisitor(gateway), passkey, { lies: { counter } })).status).toBe(200)
    for (const counter of [4_000_000_000, 7, 0])
      expect(await codeOf(await signInWith(newVisitor(gateway), passkey, { lies: { counter } }))).toEqual([
        401,
        'passkey_refused',
      ])
    await expect
      .poll(() => events('passkey.copied', person.userId), { timeout: 5000 })
      .toContainEqual({
        outcome: 'failure',
        reason: 'counter',
        details: { passkey: passkey.listedAs, kept_counter: 4_000_000_000, given_counter: 7 },
      })
    expect((await signInWith(newVisitor(gateway), passkey, { lies: { counter: 4_000_000_001 } })).status).toBe(200)
  })
})

describe('a passkey as the second factor', () => {
  async function halfWay(person: Person): Promise<{ visitor: Visitor; token: string }> {
    const visitor = newVisitor(gateway)
    const body = await json(
      await visitor.send('POST', '/auth/v1/login', { email: person.email, password: person.password }),
    )
    expect(body).toMatchObject({ status: 'mfa_required', methods: ['totp', 'backup_code', 'passkey'] })
    return { visitor, token: body['mfa_token'] ?? '' }
  }

  async function withBoth(verifies = true): Promise<Person & { passkey: Awaited<ReturnType<typeof enrolPasskey>> }> {
    const person = await newPerson(gateway)
    await enrol(person.visitor)
    return { ...person, passkey: await enrolPasskey(person.visitor, gateway.url, { verifies }) }
  }

  it.each([true, false])('completes a login that waits, by a touch alone too (verified: %s)', async (verifies) => {
    const person = await withBoth(verifies)
    const { visitor, token } = await halfWay(person)
    const question = await questionFor(visitor, { mfa_token: token })
    expect(question.allowCredentials?.map(({ id }) => id)).toEqual([person.passkey.id.toString('base64url')])
    const body = { mfa_token: token, method: 'passkey', response: getAnswer(person.passkey, question) }
    const answer = await visitor.send('POST', '/auth/v1/mfa/verify', body)
    expect((await json(answer))['session']).toMatchObject({ aal: 'aal2', amr: ['pwd', 'swk', 'user', 'mfa'] })
    expect(await statusOf(visitor)).toBe(200)
    // Spent, both of them.
    expect((await visitor.change('POST', '/auth/v1/mfa/verify', body)).status).toBe(401)
  })

  it('is nobody else’s, and for the login it was asked for', async () => {
    const [ada, bob] = [await withBoth(), await withBoth()]
    const [adas, bobs] = [await halfWay(ada), await halfWay(bob)]
    const question = await questionFor(adas.visitor, { mfa_token: adas.token })
    const foreign = { mfa_token: adas.token, method: 'passkey', response: getAnswer(bob.passkey, question) }
    expect((await adas.visitor.send('POST', '/auth/v1/mfa/verify', foreign)).status).toBe(401)
    const other = await questionFor(bobs.visitor, { mfa_token: bobs.token })
    const crossed = { mfa_token: adas.token, method: 'passkey', response: getAnswer(ada.passkey, other) }
    expect((await adas.visitor.send('POST', '/auth/v1/mfa/verify', crossed)).status).toBe(401)
    const plain = await questionFor(adas.visitor)
    const misused = { mfa_token: adas.token, method: 'passkey', response: getAnswer(ada.passkey, plain) }
    expect((await adas.visitor.send('POST', '/auth/v1/mfa/verify', misused)).status).toBe(401)
    expect(
      await codeOf(
        await bobs.visitor.send('POST', '/auth/v1/webauthn/authenticate/start', { mfa_token: 'x'.repeat(43) }),
      ),
    ).toEqual([401, 'invalid_or_expired'])
  })

  it('goes on while wrong codes have locked the app', async () => {
    const person = await withBoth()
    await gateway.sql("update totp_credentials set locked_until = now() + interval '1 hour' where user_id = $1", [
      person.userId,
    ])
    const { visitor, token } = await halfWay(person)
    const question = await questionFor(visitor, { mfa_token: token })
    const body = { mfa_token: token, method: 'passkey', response: getAnswer(person.passkey, question) }
    expect((await visitor.send('POST', '/auth/v1/mfa/verify', body)).status).toBe(200)
  })

  it('raises the session of somebody who signed in with a password', async () => {
    const person = await newPerson(gateway)
    const passkey = await enrolPasskey(person.visitor, gateway.url)
    const visitor = await signInAgain(gateway, person)
    expect((await json(await visitor.send('GET', '/auth/v1/session')))['session']).toMatchObject({ aal: 'aal1' })
    const question = await questionFor(visitor, { about: 'proof' })
    const answer = await visitor.change('POST', '/auth/v1/reauthenticate', {
      method: 'passkey',
      challenge_id: question.challenge_id,
      response: getAnswer(passkey, question),
    })
    expect((await json(answer))['session']).toMatchObject({ aal: 'aal2', amr: ['pwd', 'swk', 'user', 'mfa'] })
    const nobody = await newPerson(gateway)
    const start = await nobody.visitor.change('POST', '/auth/v1/webauthn/authenticate/start', { about: 'proof' })
    expect(await codeOf(start)).toEqual([404, 'not_found'])
  })
})

describe('the owner of passkeys', () => {
  it('renames one, and only their own', async () => {
    const [ada, bob] = [await newPerson(gateway), await newPerson(gateway)]
    const { listedAs } = await enrolPasskey(ada.visitor, gateway.url)
    const path = `/auth/v1/passkeys/${listedAs}`
    expect(await json(await ada.visitor.change('PATCH', path, { name: 'Key ring' }))).toMatchObject({
      id: listedAs,
      name: 'Key ring',
    })
    expect(await codeOf(await bob.visitor.change('PATCH', path, { name: 'mine' }))).toEqual([404, 'not_found'])
    for (const name of ['', ' \n ', 'x'.repeat(81), 7])
      expect(await codeOf(await ada.visitor.change('PATCH', path, { name }))).toEqual([422, 'invalid_input'])
    expect(await codeOf(await ada.visitor.change('PATCH', '/auth/v1/passkeys/nonsense', { name: 'a' }))).toEqual([
      404,
      'not_found',
    ])
    expect((await events('passkey.renamed', ada.userId)).length).toBe(1)
  })

  it('removes one: it signs nobody in any more, other sessions end, and a mail says so', async () => {
    const [ada, bob] = [await newPerson(gateway), await newPerson(gateway)]
    const passkey = await enrolPasskey(ada.visitor, gateway.url)
    const other = newVisitor(gateway)
    await signInWith(other, passkey)
    const path = `/auth/v1/passkeys/${passkey.listedAs}`
    expect(await codeOf(await bob.visitor.change('DELETE', path))).toEqual([404, 'not_found'])
    expect((await ada.visitor.change('DELETE', path)).status).toBe(204)
    expect(await listOf(ada.visitor)).toEqual([])
    await expect.poll(() => statusOf(other), { timeout: 5000 }).toBe(401)
    expect(await codeOf(await signInWith(newVisitor(gateway), passkey))).toEqual([401, 'unknown_passkey'])
    await expect
      .poll(
        () =>
          gateway.mail.messages().filter(({ to, text }) => to.includes(ada.email) && text.includes('was removed'))
            .length,
      )
      .toBe(1)
    expect(await events('factor.removed', ada.userId)).toMatchObject([{ details: { factor: 'passkey' } }])
    await forget(ada)
    expect(await codeOf(await (await signedInLongAgo(ada)).change('DELETE', path))).toEqual([401, 'step_up_required'])
  })
})

describe('what asking for an address tells', () => {
  /** Without what is drawn anew, and with each credential told by its form: people have one passkey, or two. */
  async function shape(answer: Response): Promise<unknown> {
    const volatile = ['x-request-id', 'date', 'set-cookie', 'content-length']
    const { allowCredentials, ...rest } = await json(answer)
    const credentials = (allowCredentials ?? []) as { id: string; type: string; transports: string[] }[]
    expect([1, 2]).toContain(credentials.length)
    const forms = credentials.map((one) => [
      Object.keys(one),
      one.type,
      Array.isArray(one.transports),
      /^[\w-]+$/.test(one.id),
    ])
    return {
      status: answer.status,
      headers: [...answer.headers].filter(([name]) => !volatile.includes(name)).toSorted(),
      cookies: answer.headers.getSetCookie().map((line) => line.replace(/=[^;]*/, '')),
      body: { ...rest, challenge_id: null, challenge: null },
      forms: [...new Set(forms.map((form) => JSON.stringify(form)))],
    }
  }
  const start = (email: string): Promise<Response> =>
    newVisitor(gateway).send('POST', '/auth/v1/webauthn/authenticate/start', { email })

  it('is nothing: with passkeys, without, deleted or never there, the answers are alike', async () => {
    const [owner, plain, gone] = [await newPerson(gateway), await newPerson(gateway), await newPerson(gateway)]
    await enrolPasskey(owner.visitor, gateway.url)
    await enrolPasskey(gone.visitor, gateway.url)
    await gateway.sql('update users set deleted_at = now() where id = $1', [gone.userId])
    const emails = [owner.email, plain.email, gone.email, newEmail()]
    const shapes = await Promise.all(emails.map(async (email) => shape(await start(email))))
    for (const one of shapes) expect(one).toEqual(shapes[0])
  })

  it('is the same every time for an address nobody has, however it is spelled, and differs between addresses', async () => {
    const idsOf = async (email: string): Promise<unknown> => (await json(await start(email)))['allowCredentials']
    const [one, two] = [newEmail(), newEmail()]
    expect(await idsOf(one)).toEqual(await idsOf(one.toUpperCase()))
    expect(await idsOf(one)).not.toEqual(await idsOf(two))
  })

  it('costs the database one question either way', async () => {
    const person = await newPerson(gateway)
    await enrolPasskey(person.visitor, gateway.url)
    const asked = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${metricsToken}` }
      const text = await (await fetch(`${gateway.url}/auth/metrics`, { headers })).text()
      return Number(/^portcullis_database_queries_total (\d+)$/m.exec(text)?.[1])
    }
    const cost = async (email: string): Promise<number> => {
      const before = await asked()
      await start(email)
      return (await asked()) - before
    }
    expect([await cost(newEmail()), await cost(person.email)]).toEqual([1, 1])
  })

  it('and answering for one that is not there is answered like a wrong signature', async () => {
    const person = await newPerson(gateway)
    const passkey = await enrolPasskey(person.visitor, gateway.url)
    const stranger = newPasskey(gateway.url)
    const tryAt = async (email: string): Promise<unknown> => {
      const visitor = newVisitor(gateway)
      const question = await questionFor(visitor, { email })
      const id = Buffer.from(question.allowCredentials?.[0]?.id ?? '', 'base64url')
      const answer = await finish(visitor, question, getAnswer(stranger, question, { id, handle: null }))
      return { status: answer.status, body: { ...(await json(answer)), request_id: null } }
    }
    expect(await tryAt(newEmail())).toEqual(await tryAt(person.email))
    // Nor does a passkey of one's own tell, at an address that is not one's own.
    const own = await enrolPasskey((await newPerson(gateway)).visitor, gateway.url)
    const withOwn = async (email: string): Promise<[number, string]> =>
      codeOf(await signInWith(newVisitor(gateway), own, { about: { email } }))
    expect(await withOwn(newEmail())).toEqual([401, 'passkey_refused'])
    expect(await withOwn(person.email)).toEqual([401, 'passkey_refused'])
    expect(passkey.id).not.toEqual(own.id)
  })
})

describe('where passkeys are looked for', () => {
  it('says where one can be had', async () => {
    const answer = await newVisitor(gateway).send('GET', '/.well-known/passkey-endpoints')
    const page = `${gateway.url}/auth/account/passkeys`
    expect([answer.status, await answer.json()]).toEqual([200, { enroll: page, manage: page }])
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('leaves everything to the site where passkeys are switched off', async () => {
    const config = { ...shippedConfig, login: { passkeys: false } }
    const own = await startGateway({ bundle: bundleWith(config) })
    try {
      const visitor = newVisitor(own)
      expect((await visitor.send('POST', '/auth/v1/webauthn/authenticate/start', {})).status).toBe(404)
      expect(
        (await visitor.send('GET', '/.well-known/passkey-endpoints')).headers.get('x-portcullis-response'),
      ).not.toBe('ok')
      const page = await visitor.open('/auth/login')
      expect(page.headers.get('content-security-policy')).not.toContain('connect-src')
      expect((await page.text()).replace(/<style[\s\S]*?<\/style>/, '')).not.toMatch(/webauthn|passkey|credentials/i)
    } finally {
      await own.stop()
    }
  })
})
