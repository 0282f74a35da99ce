// People whom the site knew before: their first sign-in here is tried at the site's own login, and never again after that.
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { mailTo, newEmail, newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

const password = 'what I always used {email} & more'
/** Addresses the site lets in, with that password. */
const members = new Set<string>()
const asked: { readonly url: string; readonly body: string; readonly headers: IncomingMessage['headers'] }[] = []
type Behaviour = (request: IncomingMessage, response: ServerResponse, body: string) => void
let behaviour: Behaviour | null = null

const byForm: Behaviour = (_, response, body) => {
  const form = new URLSearchParams(body)
  const isIn = members.has(form.get('user') ?? '') && form.get('pass') === password
  // As many sites do: 302 either way, and the cookie is the difference.
  const cookie: [string, string][] = isIn
    ? [['set-cookie', 'sid=abc; Path=/; HttpOnly']]
    : [['set-cookie', 'sid=; Max-Age=0']]
  response.writeHead(302, [['location', isIn ? '/home' : '/login?failed'], ...cookie].flat()).end()
}
const byJson: Behaviour = (_, response, body) => {
  const { credentials } = JSON.parse(body) as { credentials: { email: string; password: string } }
  const isIn = members.has(credentials.email) && credentials.password === password
  const answer = isIn ? { ok: true, data: { person: { name: 'Old Member' } } } : { ok: false }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}

let site: Server
let form: TestGateway
let json: TestGateway
beforeAll(async () => {
  site = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      asked.push({ url: request.url ?? '', body, headers: request.headers })
      ;(behaviour ?? (request.url === '/form' ? byForm : byJson))(request, response, body)
    })
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const address = site.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const byFormLogin = {
    url: { env: 'LOGIN_URL' },
    send: 'form',
    body: { user: '{email}', pass: '{password}', remember: '1' },
    accepts: { status: [302], cookie: 'sid' },
    timeoutMs: 1500,
  }
  const byJsonLogin = {
    url: `${url}/json`,
    send: 'json',
    body: { credentials: { email: '{email}', password: '{password}' }, version: 2 },
    headers: { 'x-api-key': 'gateway' },
    accepts: { status: [200], field: { path: 'ok', equals: true } },
    name: ['data', 'person', 'name'],
    addressesAreProven: true,
    forUsersWithoutPassword: true,
  }
  const start = async (originLogin: object, bindings = {}): Promise<TestGateway> =>
    startGateway({ bundle: bundleWith({ ...shippedConfig, login: { originLogin } }), bindings })
  form = await start(byFormLogin, { LOGIN_URL: `${url}/form` })
  json = await start(byJsonLogin)
})
afterAll(async () => {
  await Promise.all([form.stop(), json.stop()])
  site.closeAllConnections()
  await new Promise((resolve) => site.close(resolve))
})
beforeEach(() => {
  asked.length = 0
  behaviour = null
})

const newMember = (): string => {
  const email = newEmail()
  members.add(email)
  return email
}
const logIn = (gateway: TestGateway, email: string, given = password): Promise<Response> =>
  newVisitor(gateway).send('POST', '/auth/v1/login', { email, password: given })
const codeOf = async (answer: Response): Promise<string> =>
  `${answer.status} ${((await answer.json()) as { code?: string; status: string }).code ?? 'signed in'}`

describe('the first sign-in of somebody whom only the site knows', () => {
  it('is tried there once, and from then on here', async () => {
    const email = newMember()
    expect(await codeOf(await logIn(form, ` ${email.toUpperCase()} `))).toBe('200 signed in')
    expect(asked).toHaveLength(1)
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({
      user: email,
      pass: password,
      remember: '1',
    })
    members.delete(email)
    expect(await codeOf(await logIn(form, email))).toBe('200 signed in')
    expect(await codeOf(await logIn(form, email, 'something else'))).toBe('401 invalid_credentials')
    expect(asked).toHaveLength(1)
    const [row] = await form.sql(
      `select u.id, u.email_verified_at, c.hash from users u join password_credentials c on c.user_id = u.id where email = $1`,
      [email],
    )
    expect(row).toMatchObject({ email_verified_at: null, hash: expect.stringMatching(/^v1\$argon2id/) as string })
    const events = await form.sql('select type, details from audit_events where user_id = $1 and type = $2', [
      row?.['id'],
      'user.imported',
    ])
    expect(events).toEqual([{ type: 'user.imported', details: { method: 'origin-login' } }])
  })

  it('asks for a proof of the mailbox where the site’s word is none, and takes the person’s name where it is', async () => {
    const [first, second] = [newMember(), newMember()]
    const visitor = newVisitor(form)
    await visitor.send('POST', '/auth/v1/login', { email: first, password })
    const { code } = await mailTo(form, first)
    expect((await visitor.change('POST', '/auth/v1/email/verify', { email: first, code })).status).toBe(200)
    expect(await codeOf(await logIn(form, first))).toBe('200 signed in')
    const answer = (await (await logIn(json, second)).json()) as { user: object }
    expect(answer.user).toMatchObject({ email: second, email_verified: true, name: 'Old Member' })
    expect(asked.at(-1)?.headers['x-api-key']).toBe('gateway')
    expect(asked.at(-1)?.headers['x-forwarded-for']).toMatch(/^203\./)
  })

  it('is refused like any other wrong password, no sooner than those who are here', async () => {
    const known = newMember()
    await logIn(form, known)
    const answers: Response[] = []
    for (const [email, given] of [
      [known, 'wrong'],
      [newMember(), 'wrong'],
      [newEmail(), password],
      ['no address', password],
    ] as const) {
      const startedAtMs = performance.now()
      answers.push(await logIn(form, email, given))
      expect(performance.now() - startedAtMs).toBeGreaterThan(950)
    }
    const shown = await Promise.all(
      answers.map(async (answer) => {
        const { request_id: _, ...body } = (await answer.json()) as Record<string, unknown>
        return [answer.status, answer.headers.get('www-authenticate'), body]
      }),
    )
    expect(new Set(shown.map((one) => JSON.stringify(one))).size).toBe(1)
  })

  it('counts as a guess: the sixth is not tried anywhere', async () => {
    const email = newMember()
    for (let guess = 0; guess < 5; guess += 1) await logIn(form, email, `wrong ${guess}`)
    expect(await codeOf(await logIn(form, email))).toBe('429 too_many_attempts')
    expect(asked).toHaveLength(5)
  })

  it('makes one person, however many try at the same moment', async () => {
    const email = newMember()
    const answers = await Promise.all(Array.from({ length: 5 }, () => logIn(json, email)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await json.sql('select 1 from users where email = $1', [email])).toHaveLength(1)
  })

  it('does not bring back whoever was deleted here', async () => {
    const email = newMember()
    await logIn(json, email)
    await json.sql('update users set deleted_at = now() where email = $1', [email])
    expect(await codeOf(await logIn(json, email))).toBe('401 invalid_credentials')
    expect(await json.sql('select 1 from users where email = $1', [email])).toHaveLength(1)
  })

  it('writes the password nowhere', async () => {
    const email = newMember()
    await logIn(form, email)
    const [trail] = await form.sql("select string_agg(audit_events::text, ' ') as all from audit_events")
    for (const text of [String(trail?.['all']), form.workerd.logs().join('\n')])
      expect(text).not.toContain('always used')
  })
})

describe('somebody who is here without a password', () => {
  const insert = `insert into users (id, email, email_verified_at, shard, status)
    values (gen_random_uuid(), $1, $2, 'xx-1', $3)`

  it('gets theirs from the site where the owner wants that, and nobody else does', async () => {
    const [proven, unproven, locked, other] = [newMember(), newMember(), newMember(), newMember()]
    await json.sql(insert, [proven, new Date(), 'active'])
    await json.sql(insert, [unproven, null, 'active'])
    await json.sql(insert, [locked, new Date(), 'locked'])
    await form.sql(insert, [other, new Date(), 'active'])
    expect(await codeOf(await logIn(json, proven))).toBe('200 signed in')
    expect(await codeOf(await logIn(json, unproven))).toBe('401 invalid_credentials')
    expect(await codeOf(await logIn(json, locked))).toBe('401 invalid_credentials')
    asked.length = 0
    expect(await codeOf(await logIn(form, other))).toBe('401 invalid_credentials')
    expect(asked).toEqual([])
  })
})

describe('a password that an account gets from the site', () => {
  it('is told to the owner, and ends what was signed in before', async () => {
    const person = await newPerson(json)
    members.add(person.email)
    await json.sql('delete from password_credentials where user_id = $1', [person.userId])
    const statusOf = async (visitor: Visitor): Promise<number> => (await visitor.send('GET', '/auth/v1/session')).status
    expect(await statusOf(person.visitor)).toBe(200)
    const visitor = newVisitor(json)
    expect((await visitor.send('POST', '/auth/v1/login', { email: person.email, password })).status).toBe(200)
    expect([await statusOf(person.visitor), await statusOf(visitor)]).toEqual([401, 200])
    expect((await mailTo(json, person.email, /change to your account/)).link).toBe(`${json.url}/auth/account`)
    const reasons = await json.sql('select end_reason from sessions where user_id = $1 order by created_at', [
      person.userId,
    ])
    expect(reasons).toEqual([{ end_reason: 'password imported' }, { end_reason: null }])
  })
})

describe('a site whose login', () => {
  const broken: Readonly<Record<string, Behaviour>> = {
    'is broken': (_, response) => response.writeHead(500).end(),
    'has had enough': (_, response) => response.writeHead(429).end(),
    'does not answer': () => undefined,
    'hangs up': (_, response) => response.destroy(),
  }

  it.each(Object.keys(broken))('%s lets nobody in, and its failures are nobody’s guesses', async (how) => {
    const email = newMember()
    behaviour = broken[how] ?? null
    for (let time = 0; time < 6; time += 1)
      expect(await codeOf(await logIn(form, email))).toBe('401 invalid_credentials')
    behaviour = null
    expect(await codeOf(await logIn(form, email))).toBe('200 signed in')
    const rows = await form.sql("select distinct type from audit_events where type = 'origin-login.failed'")
    expect(rows).toHaveLength(1)
  })

  it.each<[string, Behaviour]>([
    ['says yes with another status', (_, response) => response.writeHead(200, { 'set-cookie': 'sid=abc' }).end()],
    ['sets another cookie', (_, response) => response.writeHead(302, { 'set-cookie': 'xsid=abc' }).end()],
    ['takes the cookie away', (_, response) => response.writeHead(302, { 'set-cookie': 'sid=x; max-age=0' }).end()],
    ['sets it to nothing', (_, response) => response.writeHead(302, { 'set-cookie': 'sid=' }).end()],
  ])('%s has not let anybody in', async (_, how) => {
    behaviour = how
    expect(await codeOf(await logIn(form, newMember()))).toBe('401 invalid_credentials')
  })

  it.each([
    '{"ok":"true"}',
    '{"ok":1}',
    '{"ok":false,"ok":true}',
    '[true]',
    'ok',
    '',
    `{"ok":true,"x":"${'x'.repeat(70_000)}"}`,
  ])('answers %.20s has not let anybody in', async (text) => {
    behaviour = (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    expect(await codeOf(await logIn(json, newMember()))).toBe('401 invalid_credentials')
  })
})
