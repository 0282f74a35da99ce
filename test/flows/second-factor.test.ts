// The second factor: set up by its owner, asked for on every way in, each code good once.
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authenticator, enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, mailTo, newEmail, newPerson, signInAgain } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

interface Answer {
  readonly status: string
  readonly mfa_token: string
  readonly methods: readonly string[]
  readonly expires_in_s: number
  readonly session: { readonly amr: readonly string[]; readonly aal: string }
}

const json = async (answer: Response): Promise<Answer> => (await answer.json()) as Answer
const statusOf = async (visitor: Visitor, path = '/private'): Promise<number> =>
  (await visitor.send('GET', path)).status
const codeOf = async (answer: Response): Promise<[number, string]> => [
  answer.status,
  ((await answer.json()) as { code: string }).code,
]

async function enrolled(): Promise<Person & { readonly app: Authenticator }> {
  const person = await newPerson(gateway)
  const app = await enrol(person.visitor)
  await letTimePass(gateway, person)
  return { ...person, app }
}

/** As far as a password alone gets somebody. */
async function halfWay(person: Person, at = gateway): Promise<{ visitor: Visitor; token: string }> {
  const visitor = newVisitor(at)
  const { email, password } = person
  const answer = await json(await visitor.send('POST', '/auth/v1/login', { email, password }))
  if (answer.status !== 'mfa_required') throw new Error(`login answered ${answer.status}`)
  return { visitor, token: answer.mfa_token }
}

const give = (visitor: Visitor, token: string, code: string, method = 'totp'): Promise<Response> =>
  visitor.send('POST', '/auth/v1/mfa/verify', { mfa_token: token, method, code })

describe('setting up an authenticator app', () => {
  it('takes a code of it, hands out ten backup codes, raises this session, ends all others and tells the owner', async () => {
    const person = await newPerson(gateway)
    const other = await signInAgain(gateway, person)
    const cookie = person.visitor.cookies.get('__Host-portcullis')
    const start = await person.visitor.change('POST', '/auth/v1/mfa/totp/start')
    const offer = (await start.json()) as { secret: string; otpauth_url: string; qr_svg: string }
    expect(new URL(offer.otpauth_url).searchParams.get('secret')).toBe(offer.secret)
    expect(offer.qr_svg).toMatch(/^<svg /)
    expect(await codeOf(await person.visitor.change('POST', '/auth/v1/mfa/totp/finish', { code: '000000' }))).toEqual([
      401,
      'invalid_or_expired',
    ])
    expect((await json(await person.visitor.send('GET', '/auth/v1/session'))).session.aal).toBe('aal1')
    const finish = await person.visitor.change('POST', '/auth/v1/mfa/totp/finish', { code: totpCode(offer.secret) })
    const { backup_codes: codes } = (await finish.json()) as { backup_codes: string[] }
    expect(new Set(codes).size).toBe(10)
    expect((await json(await person.visitor.send('GET', '/auth/v1/session'))).session).toMatchObject({
      aal: 'aal2',
      amr: ['email', 'otp', 'mfa'],
    })
    expect(person.visitor.cookies.get('__Host-portcullis')).not.toBe(cookie)
    expect([await statusOf(person.visitor), await statusOf(other)]).toEqual([200, 401])
    expect((await mailTo(gateway, person.email, /change to your account/)).link).toBe(`${gateway.url}/auth/account`)
    const rows = await gateway.sql(
      'select secret, (select array_agg(code_hash) from backup_codes where user_id = $1) as hashes from totp_credentials where user_id = $1',
      [person.userId],
    )
    const stored = JSON.stringify(rows)
    for (const secret of [offer.secret, ...codes, ...codes.map((code) => code.replace('-', ''))])
      expect(stored).not.toContain(secret)
    expect(
      (await gateway.sql("select 1 from audit_events where type = 'factor.added' and user_id = $1", [person.userId]))
        .length,
    ).toBe(1)
  })

  it('is for people with a confirmed address, who have proven themselves lately, and have none yet', async () => {
    const visitor = newVisitor(gateway)
    const [email, password] = [newEmail(), 'the password of a newcomer']
    await visitor.send('POST', '/auth/v1/signup', { email, password })
    await visitor.send('POST', '/auth/v1/login', { email, password })
    expect(await codeOf(await visitor.change('POST', '/auth/v1/mfa/totp/start'))).toEqual([403, 'email_unverified'])
    const person = await enrolled()
    expect(await codeOf(await person.visitor.change('POST', '/auth/v1/mfa/totp/start'))).toEqual([409, 'factor_exists'])
    expect(await codeOf(await newVisitor(gateway).send('POST', '/auth/v1/mfa/totp/start', {}))).toEqual([
      401,
      'unauthenticated',
    ])
    const old = await newPerson(gateway)
    await gateway.sql("update sessions set auth_time = now() - interval '11 minutes' where user_id = $1", [old.userId])
    expect(await codeOf(await old.visitor.change('POST', '/auth/v1/mfa/totp/start'))).toEqual([401, 'step_up_required'])
    expect((await old.visitor.change('POST', '/auth/v1/reauthenticate', { password: old.password })).status).toBe(200)
    expect((await old.visitor.change('POST', '/auth/v1/mfa/totp/start')).status).toBe(200)
  })

  it('counts for nothing until a code was given', async () => {
    const person = await newPerson(gateway)
    await person.visitor.change('POST', '/auth/v1/mfa/totp/start')
    expect(await statusOf(await signInAgain(gateway, person))).toBe(200)
  })
})

describe('a login of somebody with a second factor', () => {
  it('stops half-way: no session, no way in, and a token that is good for the factor alone', async () => {
    const person = await enrolled()
    const { visitor, token } = await halfWay(person)
    expect(visitor.cookies.has('__Host-portcullis')).toBe(false)
    for (const path of ['/private', '/auth/v1/session', '/auth/v1/sessions', '/admin/']) {
      expect(await statusOf(visitor, path)).toBe(401)
      expect((await visitor.send('GET', path, undefined, { authorization: `Bearer ${token}` })).status).toBe(401)
      expect((await visitor.send('GET', path, undefined, { cookie: `__Host-portcullis=${token}` })).status).toBe(401)
    }
    expect(
      (await gateway.sql('select 1 from sessions where user_id = $1 and ended_at is null', [person.userId])).length,
    ).toBe(1)
  })

  it('is completed by a code of the app', async () => {
    const person = await enrolled()
    const { visitor, token } = await halfWay(person)
    const answer = await json(await give(visitor, token, totpCode(person.app.secret)))
    expect(answer).toMatchObject({ status: 'signed_in', session: { aal: 'aal2', amr: ['pwd', 'otp', 'mfa'] } })
    expect(await statusOf(visitor)).toBe(200)
  })

  it('ends in tokens where a program asks for them, and in no cookie', async () => {
    const person = await enrolled()
    const { visitor, token } = await halfWay(person)
    const body = { mfa_token: token, method: 'totp', code: totpCode(person.app.secret), mode: 'token' }
    const answer = await visitor.send('POST', '/auth/v1/mfa/verify', body)
    expect(answer.headers.getSetCookie().filter((line) => line.startsWith('__Host-portcullis='))).toEqual([])
    const tokens = (await answer.json()) as Answer & { access_token: string; refresh_token: string }
    expect(tokens.session).toMatchObject({ aal: 'aal2', amr: ['pwd', 'otp', 'mfa'] })
    expect(tokens.refresh_token).toMatch(/\S{40}/)
    const [row] = await gateway.sql('select aal, client_id is not null as has_tokens from sessions where id = $1', [
      decodeJwt(tokens.access_token)['sid'],
    ])
    expect(row).toEqual({ aal: 2, has_tokens: true })
  })

  it('takes a code once, and after it none of an earlier step', async () => {
    const person = await enrolled()
    const [first, second, third] = [await halfWay(person), await halfWay(person), await halfWay(person)]
    const code = totpCode(person.app.secret)
    expect((await give(first.visitor, first.token, code)).status).toBe(200)
    expect((await give(second.visitor, second.token, code)).status).toBe(401)
    expect((await give(second.visitor, second.token, totpCode(person.app.secret, { steps: -1 }))).status).toBe(401)
    expect((await give(third.visitor, third.token, totpCode(person.app.secret, { steps: 1 }))).status).toBe(200)
    // Spent as well: the login it was for is complete.
    await letTimePass(gateway, person)
    expect((await give(newVisitor(gateway), first.token, totpCode(person.app.secret))).status).toBe(401)
  })

  it('is completed by a backup code, once', async () => {
    const person = await enrolled()
    const [code = ''] = person.app.backupCodes
    const first = await halfWay(person)
    const answer = await json(
      await give(first.visitor, first.token, code.toUpperCase().replace('-', ' '), 'backup_code'),
    )
    expect(answer.session.aal).toBe('aal2')
    const second = await halfWay(person)
    expect((await give(second.visitor, second.token, code, 'backup_code')).status).toBe(401)
    const [, other = ''] = person.app.backupCodes
    expect((await give(second.visitor, second.token, other, 'backup_code')).status).toBe(200)
  })

  it('takes nobody else’s code or token', async () => {
    const [ada, bob] = [await enrolled(), await enrolled()]
    const { visitor, token } = await halfWay(ada)
    expect((await give(visitor, token, totpCode(bob.app.secret))).status).toBe(401)
    expect((await give(visitor, token, bob.app.backupCodes[0] ?? '', 'backup_code')).status).toBe(401)
    expect((await give(visitor, 'x'.repeat(43), totpCode(ada.app.secret))).status).toBe(401)
  })

  it('waits five minutes, not longer', async () => {
    const person = await enrolled()
    const { visitor, token } = await halfWay(person)
    await gateway.sql("update challenges set expires_at = now() where user_id = $1 and purpose = 'second-factor'", [
      person.userId,
    ])
    expect((await give(visitor, token, totpCode(person.app.secret))).status).toBe(401)
  })

  it('locks after five wrong codes, however many logins they are spread over, and tells when it is over', async () => {
    const person = await enrolled()
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const { visitor, token } = await halfWay(person)
      expect((await give(visitor, token, '000000')).status).toBe(401)
    }
    const { visitor, token } = await halfWay(person)
    const refused = await give(visitor, token, totpCode(person.app.secret))
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(14 * 60)
    expect((await give(visitor, token, person.app.backupCodes[0] ?? '', 'backup_code')).status).toBe(429)
    await gateway.sql("update totp_credentials set locked_until = now() - interval '1 second' where user_id = $1", [
      person.userId,
    ])
    expect((await give(visitor, token, '000000')).status).toBe(401)
    const again = await give(visitor, token, totpCode(person.app.secret))
    expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(29 * 60)
    await gateway.sql("update totp_credentials set locked_until = now() - interval '1 second' where user_id = $1", [
      person.userId,
    ])
    expect((await give(visitor, token, totpCode(person.app.secret))).status).toBe(200)
    expect((await gateway.sql('select failures from totp_credentials where user_id = $1', [person.userId]))[0]).toEqual(
      { failures: 0 },
    )
  })

  it('locks by the numbers that the site gave for lockouts', async () => {
    const lockout = { failures: 2, firstMinutes: 1, longestHours: 0.025 }
    const own = await startGateway({ bundle: bundleWith({ ...shippedConfig, limits: { lockout } }) })
    try {
      const person = await newPerson(own)
      const { secret } = await enrol(person.visitor)
      await letTimePass(own, person)
      const unlock = () =>
        own.sql("update totp_credentials set locked_until = now() - interval '1 second' where user_id = $1", [
          person.userId,
        ])
      const wrong = async (): Promise<void> => {
        const { visitor, token } = await halfWay(person, own)
        expect((await give(visitor, token, '000000')).status).toBe(401)
      }
      await wrong()
      // The first lock of a minute, the second of a minute and a half, which is the longest here.
      for (const seconds of [60, 90]) {
        await wrong()
        const { visitor, token } = await halfWay(person, own)
        const refused = await give(visitor, token, totpCode(secret))
        expect(refused.status).toBe(429)
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(seconds - 10)
        expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(seconds)
        await unlock()
      }
    } finally {
      await own.stop()
    }
  })

  it('goes on under a new DATA_KEY, which then seals the secret', async () => {
    const person = await enrolled()
    const before = gateway.bindings['DATA_KEY'] ?? ''
    const next = Buffer.alloc(32, 7).toString('base64url')
    const sealed = async (): Promise<unknown> =>
      (await gateway.sql('select secret from totp_credentials where user_id = $1', [person.userId]))[0]?.['secret']
    const underOld = await sealed()
    await gateway.workerd.restart({ bindings: { ...gateway.bindings, DATA_KEY: next, DATA_KEY_PREVIOUS: before } })
    try {
      const { visitor, token } = await halfWay(person)
      expect((await give(visitor, token, totpCode(person.app.secret))).status).toBe(200)
      expect(await sealed()).not.toBe(underOld)
      await gateway.workerd.restart({ bindings: { ...gateway.bindings, DATA_KEY: next } })
      await letTimePass(gateway, person)
      const second = await halfWay(person)
      expect((await give(second.visitor, second.token, totpCode(person.app.secret))).status).toBe(200)
      const third = await halfWay(person)
      expect((await give(third.visitor, third.token, person.app.backupCodes[0] ?? '', 'backup_code')).status).toBe(200)
    } finally {
      await gateway.workerd.restart({ bindings: gateway.bindings })
    }
  })
})

describe('somebody with a second factor who is signed in', () => {
  it('makes new backup codes, which end the ones before', async () => {
    const person = await enrolled()
    const other = await halfWay(person)
    await give(other.visitor, other.token, totpCode(person.app.secret))
    await letTimePass(gateway, person)
    const answer = await person.visitor.change('POST', '/auth/v1/mfa/backup-codes')
    const { backup_codes: codes } = (await answer.json()) as { backup_codes: string[] }
    expect(codes.length).toBe(10)
    await expect.poll(() => statusOf(other.visitor), { timeout: 5000 }).toBe(401)
    const { visitor, token } = await halfWay(person)
    expect((await give(visitor, token, person.app.backupCodes[3] ?? '', 'backup_code')).status).toBe(401)
    expect((await give(visitor, token, codes[3] ?? '', 'backup_code')).status).toBe(200)
  })

  it('removes it, is told by mail, and signs in without it after that', async () => {
    const person = await enrolled()
    expect((await person.visitor.change('DELETE', '/auth/v1/mfa/totp')).status).toBe(204)
    expect(await statusOf(await signInAgain(gateway, person))).toBe(200)
    expect((await gateway.sql('select 1 from backup_codes where user_id = $1', [person.userId])).length).toBe(0)
    await expect
      .poll(
        () =>
          gateway.mail.messages().filter(({ to, text }) => to.includes(person.email) && text.includes('switched off'))
            .length,
      )
      .toBe(1)
    expect(await codeOf(await person.visitor.change('DELETE', '/auth/v1/mfa/totp'))).toEqual([404, 'not_found'])
  })

  it('needs a fresh proof by the factor for either: the password alone leads to the question for it', async () => {
    const person = await enrolled()
    await gateway.sql("update sessions set auth_time = now() - interval '11 minutes' where user_id = $1", [
      person.userId,
    ])
    await gateway.workerd.restart({ bindings: gateway.bindings })
    for (const [method, path] of [
      ['POST', '/auth/v1/mfa/backup-codes'],
      ['DELETE', '/auth/v1/mfa/totp'],
    ] as const) {
      const answer = await person.visitor.change(method, path)
      expect(answer.headers.get('www-authenticate')).toContain(
        'error="insufficient_user_authentication", acr_values="aal2"',
      )
      expect(await codeOf(answer)).toEqual([401, 'step_up_required'])
    }
    const half = await json(
      await person.visitor.change('POST', '/auth/v1/reauthenticate', { password: person.password }),
    )
    expect(half.status).toBe('mfa_required')
    expect(await codeOf(await person.visitor.change('DELETE', '/auth/v1/mfa/totp'))).toEqual([401, 'step_up_required'])
    const proof = { method: 'totp', code: totpCode(person.app.secret) }
    expect((await json(await person.visitor.change('POST', '/auth/v1/reauthenticate', proof))).session).toMatchObject({
      aal: 'aal2',
      amr: ['email', 'otp', 'mfa'],
    })
    expect((await person.visitor.change('DELETE', '/auth/v1/mfa/totp')).status).toBe(204)
  })
})

describe('the second factor is asked for on every way in', () => {
  const ways: readonly (readonly [string, (person: Person) => Promise<Response>])[] = [
    ['a password', ({ email, password }) => newVisitor(gateway).send('POST', '/auth/v1/login', { email, password })],
    [
      'a magic link',
      async ({ email }) => {
        await newVisitor(gateway).send('POST', '/auth/v1/magic-link/start', { email })
        const { token } = await mailTo(gateway, email, /Sign in to/)
        return newVisitor(gateway).send('POST', '/auth/v1/magic-link/verify', { token })
      },
    ],
    [
      'the code of a magic link',
      async ({ email }) => {
        await newVisitor(gateway).send('POST', '/auth/v1/magic-link/start', { email })
        const { code } = await mailTo(gateway, email, /Sign in to/)
        return newVisitor(gateway).send('POST', '/auth/v1/magic-link/verify', { email, code })
      },
    ],
    [
      'a password that was reset',
      async ({ email }) => {
        await newVisitor(gateway).send('POST', '/auth/v1/password/forgot', { email })
        const { token } = await mailTo(gateway, email, /new password/)
        const password = 'the password after the reset'
        const reset = await newVisitor(gateway).send('POST', '/auth/v1/password/reset', {
          token,
          new_password: password,
        })
        expect(await reset.json()).toEqual({ status: 'password_changed' })
        return newVisitor(gateway).send('POST', '/auth/v1/login', { email, password })
      },
    ],
  ]

  it.each(ways)('by %s', async (_, go) => {
    const person = await enrolled()
    const answer = await go(person)
    expect(answer.status).toBe(200)
    expect(answer.headers.getSetCookie().filter((line) => line.startsWith('__Host-portcullis='))).toEqual([])
    expect(await answer.json()).toEqual({
      status: 'mfa_required',
      mfa_token: expect.stringMatching(/^[\w-]{43}$/),
      methods: ['totp', 'backup_code'],
      expires_in_s: 300,
    })
  })
})
