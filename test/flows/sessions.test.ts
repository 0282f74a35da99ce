// A person's sessions: which cookie opens one, what ends it by itself, and what its owner can see and end.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'
import { afterwards } from '../support/within.ts'

const cookieName = '__Host-portcullis'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

interface Item {
  readonly id: string
  readonly is_current: boolean
  readonly last_seen_at: string
  readonly user_agent: string | null
  readonly ip: string
}
interface List {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

const list = async (visitor: Visitor, query = ''): Promise<List> =>
  (await (await visitor.send('GET', `/auth/v1/sessions${query}`)).json()) as List
const statusOf = async (visitor: Visitor): Promise<number> => (await visitor.send('GET', '/private')).status
const tokenOf = (visitor: Visitor): string => visitor.cookies.get(cookieName) ?? ''
const codeOf = async (answer: Response): Promise<[number, string]> => [
  answer.status,
  ((await answer.json()) as { code: string }).code,
]

function holderOf(cookie: string): Visitor {
  const visitor = newVisitor(gateway)
  visitor.cookies.set(cookieName, cookie)
  return visitor
}

describe('the session cookie', () => {
  it('is new with every login, whatever cookie came with it, and the one before ends', async () => {
    const person = await newPerson(gateway)
    const before = tokenOf(person.visitor)
    await person.visitor.change('POST', '/auth/v1/login', { email: person.email, password: person.password })
    expect(tokenOf(person.visitor)).not.toBe(before)
    expect(await statusOf(person.visitor)).toBe(200)
    expect(await afterwards(1000, () => statusOf(holderOf(before)))).toBe(401)
  })

  it('is never one that was there before the login', async () => {
    const person = await newPerson(gateway)
    const planted = tokenOf((await newPerson(gateway)).visitor).slice(0, -43) + 'A'.repeat(43)
    const victim = holderOf(planted)
    await victim.send('POST', '/auth/v1/login', { email: person.email, password: person.password })
    expect(tokenOf(victim)).not.toBe(planted)
    expect([await statusOf(victim), await statusOf(holderOf(planted))]).toEqual([200, 401])
  })

  it.each([
    ['empty', () => 'x'],
    ['the right id with another secret', (token: string) => token.slice(0, -43) + 'A'.repeat(43)],
    ['the right secret with another id', (token: string) => token.replace(/[0-9a-f]{12}\./, '000000000000.')],
    [
      'the right id in another shard',
      (token: string) => `${token.startsWith('xx-1.') ? 'xx-2' : 'xx-1'}${token.slice(token.indexOf('.'))}`,
    ],
    ['a shard that cannot be', (token: string) => `xx-9999${token.slice(token.indexOf('.'))}`],
    ['one character more', (token: string) => `${token}A`],
    ['in capitals', (token: string) => token.toUpperCase()],
    ['twice in one header', (token: string) => `${token}; ${cookieName}=${token}`],
    ['beside another', (token: string) => `${token}; ${cookieName}=A`],
  ])('opens nothing when it is %s', async (_, craft) => {
    const { visitor } = await newPerson(gateway)
    expect(await statusOf(holderOf(craft(tokenOf(visitor))))).toBe(401)
    expect(await statusOf(visitor)).toBe(200)
  })
})

describe('a session ends by itself', () => {
  it.each([
    ['when its time is over', "update sessions set expires_at = now() - interval '1 second' where user_id = $1"],
    [
      'after a day without use, with a second factor',
      "update sessions set aal = 2, last_seen_at = now() - interval '25 hours' where user_id = $1",
    ],
    ['when the account is locked', "update users set status = 'locked' where id = $1"],
    ['when the account is deleted', 'update users set deleted_at = now() where id = $1'],
    [
      'a day after the account was made, without a confirmed address',
      "update users set email_verified_at = null, created_at = now() - interval '25 hours' where id = $1",
    ],
  ])('%s', async (_, change) => {
    const person = await newPerson(gateway)
    await gateway.sql(change, [person.userId])
    expect(await statusOf(person.visitor)).toBe(401)
  })

  it.each([
    [
      'a day without use, without a second factor',
      "update sessions set last_seen_at = now() - interval '25 hours' where user_id = $1",
    ],
    [
      'an hour without use, with a second factor',
      "update sessions set aal = 2, last_seen_at = now() - interval '1 hour' where user_id = $1",
    ],
    [
      'an unconfirmed address on the first day',
      "update users set email_verified_at = null, created_at = now() - interval '23 hours' where id = $1",
    ],
  ])('but not by %s', async (_, change) => {
    const person = await newPerson(gateway)
    await gateway.sql(change, [person.userId])
    expect(await statusOf(person.visitor)).toBe(200)
  })
})

async function withDevices(count: number): Promise<{ person: Person; devices: Visitor[] }> {
  const person = await newPerson(gateway)
  const devices: Visitor[] = []
  for (let n = 0; n < count; n += 1) devices.push(await signInAgain(gateway, person))
  return { person, devices }
}

describe('a signed-in person', () => {
  it('sees who they are and what their session is', async () => {
    const { visitor, email, userId } = await newPerson(gateway)
    const answer = (await (await visitor.send('GET', '/auth/v1/session')).json()) as Record<string, unknown>
    expect(answer).toEqual({
      user: { id: userId, email, email_verified: true, name: 'Test Person', roles: [] },
      session: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        amr: ['email'],
        aal: 'aal1',
      },
    })
    expect(await codeOf(await newVisitor(gateway).send('GET', '/auth/v1/session'))).toEqual([401, 'unauthenticated'])
  })

  it('sees every session once over all pages, newest first, and which one is this', async () => {
    const { person } = await withDevices(4)
    const rows = await gateway.sql('select id from sessions where user_id = $1 order by id', [person.userId])
    for (const [n, row] of rows.entries()) {
      // Two of them at the very same moment: the order must hold there too.
      await gateway.sql('update sessions set last_seen_at = now() - make_interval(hours => $2) where id = $1', [
        row['id'],
        Math.min(n, 3),
      ])
    }
    const whole = await list(person.visitor)
    expect(whole.items.map(({ id }) => id).toSorted()).toEqual(rows.map((row) => row['id']))
    const seen = whole.items.map((item) => item.last_seen_at)
    expect(seen).toEqual(seen.toSorted().toReversed())
    expect(whole.items.filter((item) => item.is_current).length).toBe(1)
    const paged: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: List = await list(person.visitor, `?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      expect(page.items.length).toBeLessThanOrEqual(2)
      paged.push(...page.items.map(({ id }) => id))
      cursor = page.next_cursor
    }
    expect(paged).toEqual(whole.items.map(({ id }) => id))
  })

  it.each(['?limit=0', '?limit=101', '?limit=x', '?cursor=x', "?cursor=1_';drop"])(
    'gets no list for %s',
    async (query) => {
      const { visitor } = await newPerson(gateway)
      expect(await codeOf(await visitor.send('GET', `/auth/v1/sessions${query}`))).toEqual([422, 'invalid_input'])
    },
  )

  it('can end another session, not this one that way, and none that is not theirs', async () => {
    const { person, devices } = await withDevices(1)
    const stranger = await newPerson(gateway)
    const { items } = await list(person.visitor)
    const current = items.find((item) => item.is_current)?.id
    const other = items.find((item) => !item.is_current)?.id
    const foreign = (await list(stranger.visitor)).items[0]?.id
    expect(await codeOf(await person.visitor.change('DELETE', `/auth/v1/sessions/${current}`))).toEqual([
      409,
      'current_session',
    ])
    for (const id of [foreign, '018f3c5e-7b1a-7cc0-b1f5-000000000001', 'not-an-id']) {
      expect(await codeOf(await person.visitor.change('DELETE', `/auth/v1/sessions/${id}`))).toEqual([404, 'not_found'])
    }
    expect((await person.visitor.change('DELETE', `/auth/v1/sessions/${other}`)).status).toBe(204)
    expect(await codeOf(await person.visitor.change('DELETE', `/auth/v1/sessions/${other}`))).toEqual([
      404,
      'not_found',
    ])
    expect([
      await statusOf(person.visitor),
      await statusOf(devices[0] ?? person.visitor),
      await statusOf(stranger.visitor),
    ]).toEqual([200, 401, 200])
  })

  it('can end all others and hears how many', async () => {
    const { person, devices } = await withDevices(3)
    const answer = await person.visitor.change('POST', '/auth/v1/sessions/revoke-all-others')
    expect(await answer.json()).toEqual({ revoked: 3 })
    expect(await Promise.all(devices.map(statusOf))).toEqual([401, 401, 401])
    expect(await statusOf(person.visitor)).toBe(200)
    expect(await (await person.visitor.change('POST', '/auth/v1/sessions/revoke-all-others')).json()).toEqual({
      revoked: 0,
    })
  })

  it('signs out: the cookies go, and a copy of them opens nothing', async () => {
    const { visitor } = await newPerson(gateway)
    const copy = holderOf(tokenOf(visitor))
    expect(await statusOf(copy)).toBe(200)
    const out = await visitor.change('POST', '/auth/v1/logout')
    expect([out.status, await out.text()]).toEqual([204, ''])
    expect(visitor.cookies.has(cookieName)).toBe(false)
    expect(visitor.cookies.has(`${cookieName}-csrf`)).toBe(false)
    expect(await afterwards(1000, () => statusOf(copy))).toBe(401)
  })
})
