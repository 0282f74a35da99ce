// Administrators register, change and remove the programs that may ask for tokens, by the rules of the command line.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestClient, authorizedTokens, basic, callback, newClient, post } from '../support/oauth.ts'
import { type Person, newAdmin, newPerson, signInAgain } from '../support/people.ts'
import { openSocket } from '../support/socket.ts'
import { newVisitor } from '../support/visitor.ts'
import { afterwards, within } from '../support/within.ts'

const clientsPath = '/auth/v1/admin/clients'
const everywhereMs = 1000

let gateway: TestGateway
let admin: Person
beforeAll(async () => {
  gateway = await startGateway({ isolates: 2 })
  admin = await newAdmin(gateway)
})
afterAll(() => gateway.stop())

type Body = Record<string, unknown>

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
  const answer = await (method === 'GET' ? admin.visitor.send(method, path) : admin.visitor.change(method, path, body))
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Body) }
}

const at = (client: Pick<TestClient, 'id'>, rest = ''): string => `${clientsPath}/${client.id}${rest}`
const pathsOf = ({ fields }: Body): unknown[] => (fields as { path: string }[]).map(({ path }) => path)
const eventOf = async (type: string, client: string): Promise<Body | undefined> =>
  (
    await gateway.sql(`select details from audit_events where type = $1 and details->>'client' = $2`, [type, client])
  )[0]?.['details'] as Body | undefined

describe('a client that an administrator registers', () => {
  it('works at once, and its secret is told once and stored as a hash', async () => {
    const made = await ask('POST', clientsPath, {
      id: 'wiki',
      name: 'Wiki',
      is_first_party: true,
      redirect_uris: [callback],
    })
    expect(made).toMatchObject({
      status: 201,
      body: { id: 'wiki', auth_method: 'client_secret_basic', scopes: ['openid', 'profile', 'email'], sessions: 0 },
    })
    const secret = String(made.body['client_secret'])
    expect(secret).toMatch(/^[\w-]{43}$/)
    const person = await newPerson(gateway)
    expect((await authorizedTokens(gateway, person.visitor, { id: 'wiki', secret })).token_type).toBe('Bearer')
    const seen = await ask('GET', `${clientsPath}/wiki`)
    expect(seen).toMatchObject({ status: 200, body: { name: 'Wiki', sessions: 1, redirect_uris: [callback] } })
    expect(JSON.stringify(seen)).not.toMatch(/secret_hash|client_secret"/)
    expect(JSON.stringify(await gateway.sql('select * from oauth_clients'))).not.toContain(secret)
    expect(await eventOf('client.added', 'wiki')).toEqual({ client: 'wiki', actor_id: admin.userId })
    const again = await ask('POST', clientsPath, { id: 'wiki', name: 'Again', redirect_uris: [callback] })
    expect([again.status, again.body['code']]).toEqual([409, 'conflict'])
  })

  it.each([
    ['redirect_uris.0', { redirect_uris: ['http://app.example/callback'] }],
    ['redirect_uris', { redirect_uris: [] }],
    ['id', { id: 'portcullis' }],
    ['jwks', { auth_method: 'private_key_jwt' }],
    ['scopes.0', { scopes: ['everything'] }],
    ['', { isFirstParty: true }],
    ['', { secret_hash: 'x' }],
  ])('is refused by its field %j: %j', async (path, change) => {
    const answer = await ask('POST', clientsPath, { id: 'refused', name: 'R', redirect_uris: [callback], ...change })
    expect([answer.status, pathsOf(answer.body)]).toEqual([422, [path]])
    expect((await ask('GET', `${clientsPath}/refused`)).status).toBe(404)
  })

  it('is nobody’s to see or change without the role, nor to change without a proof of the last minutes', async () => {
    const client = await newClient(gateway)
    const { visitor } = await newPerson(gateway)
    expect((await visitor.send('GET', clientsPath)).status).toBe(403)
    expect((await visitor.change('DELETE', at(client))).status).toBe(403)
    const late = { ...admin, visitor: await signInAgain(gateway, admin) }
    await gateway.sql(
      `update sessions set auth_time = auth_time - interval '11 minutes' where id = (
        select id from sessions where user_id = $1 order by created_at desc limit 1)`,
      [admin.userId],
    )
    expect((await late.visitor.send('GET', at(client))).status).toBe(200)
    const answer = await late.visitor.change('DELETE', at(client))
    expect([answer.status, ((await answer.json()) as Body)['code']]).toEqual([401, 'step_up_required'])
    expect((await ask('GET', at(client))).status).toBe(200)
  })
})

describe('the list of clients', () => {
  it('comes in pages that show each once', async () => {
    const ids = (await Promise.all(Array.from({ length: 5 }, () => newClient(gateway)))).map(({ id }) => id)
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await ask('GET', `${clientsPath}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      const items = body['items'] as { id: string }[]
      expect(items.length).toBeLessThanOrEqual(2)
      seen.push(...items.map(({ id }) => id))
      cursor = body['next_cursor'] as string | null
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toEqual(expect.arrayContaining(ids))
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=%00', 'page=1'])
      expect((await ask('GET', `${clientsPath}?${query}`)).status).toBe(422)
  })
})

describe('a client that is changed', () => {
  it('is what was sent from then on, the rest stays, and the trail has both', async () => {
    const client = await newClient(gateway)
    const changed = await ask('PATCH', at(client), {
      name: 'Another Name',
      scopes: ['openid', 'profile', 'email', 'roles'],
    })
    expect(changed).toMatchObject({ status: 200, body: { name: 'Another Name', is_first_party: true } })
    expect(changed.body).not.toHaveProperty('client_secret')
    const { before, after } = (await eventOf('client.changed', client.id)) as { before: string; after: string }
    expect(JSON.parse(before)).toEqual({ name: 'Test Application', scopes: ['openid', 'profile', 'email'] })
    expect(JSON.parse(after)).toEqual({ name: 'Another Name', scopes: ['openid', 'profile', 'email', 'roles'] })
    expect((await ask('PATCH', at(client), { id: 'other' })).status).toBe(422)
    expect((await ask('PATCH', at(client), { redirect_uris: ['javascript:alert(1)'] })).status).toBe(422)
    expect((await ask('PATCH', `${clientsPath}/nobody-there`, { name: 'x' })).status).toBe(404)
  })

  it('keeps its sessions, unless it may do less than before', async () => {
    const client = await newClient(gateway)
    const person = await newPerson(gateway)
    const { access_token: token } = await authorizedTokens(gateway, person.visitor, client)
    const status = async () => (await send(1, token)).status
    expect(await status()).toBe(200)
    await ask('PATCH', at(client), { redirect_uris: [callback, 'https://app.example/other'] })
    await new Promise((resolve) => setTimeout(resolve, everywhereMs))
    expect(await status()).toBe(200)
    await ask('PATCH', at(client), { is_first_party: false })
    expect(await afterwards(everywhereMs, status)).toBe(401)
  })

  it('gets a secret when it comes to need one, and a new one on demand; the one before is good for nothing', async () => {
    const client = await newClient(gateway, { authMethod: 'none' })
    const first = (await ask('PATCH', at(client), { auth_method: 'client_secret_basic' })).body['client_secret']
    const works = async (secret: unknown): Promise<number> =>
      (await post(gateway, 'introspect', { token: 'x' }, basic(client.id, String(secret)))).status
    expect(await works(first)).toBe(200)
    const second = (await ask('POST', at(client, '/secret'), {})).body['client_secret']
    expect([await works(first), await works(second)]).toEqual([401, 200])
    expect(await eventOf('client.secret-replaced', client.id)).toEqual({ client: client.id, actor_id: admin.userId })
    await ask('PATCH', at(client), { auth_method: 'none' })
    expect((await ask('POST', at(client, '/secret'), {})).status).toBe(409)
    expect((await ask('POST', `${clientsPath}/nobody-there/secret`, {})).status).toBe(404)
  })
})

const send = (door: number, token: string): Promise<Response> =>
  newVisitor(gateway).send('GET', `${gateway.urls[door]}/private`, undefined, { authorization: `Bearer ${token}` })

describe('a client that is removed', () => {
  it('takes its tokens along, everywhere within a second, and nobody else’s', async () => {
    const [client, other] = [await newClient(gateway), await newClient(gateway)]
    const people = [await newPerson(gateway), await newPerson(gateway), await newPerson(gateway)]
    const tokens = await Promise.all(people.map(({ visitor }) => authorizedTokens(gateway, visitor, client)))
    const [kept] = await Promise.all(people.map(({ visitor }) => authorizedTokens(gateway, visitor, other)))
    const statuses = (): Promise<number[]> =>
      Promise.all([0, 1].flatMap((door) => tokens.map(async (one) => (await send(door, one.access_token)).status)))
    expect(new Set(await statuses())).toEqual(new Set([200]))
    const socket = await openSocket(gateway, newVisitor(gateway), '/ws', {
      url: gateway.urls[1] ?? '',
      headers: { authorization: `Bearer ${tokens[0]?.access_token}` },
    })
    const closed = within(10 * everywhereMs, socket.ended)
    expect((await ask('DELETE', at(client))).status).toBe(204)
    expect(new Set(await afterwards(everywhereMs, statuses))).toEqual(new Set([401]))
    expect((await closed).code).toBe(4401)
    expect((await send(1, kept?.access_token ?? '')).status).toBe(200)
    for (const { visitor } of people) expect((await visitor.send('GET', '/private')).status).toBe(200)
    const grant = { grant_type: 'refresh_token', refresh_token: tokens[0]?.refresh_token ?? '' }
    expect((await post(gateway, 'token', grant, basic(client.id, client.secret))).status).toBe(401)
    expect(await eventOf('client.removed', client.id)).toEqual({ client: client.id, actor_id: admin.userId })
    expect((await ask('DELETE', at(client))).status).toBe(404)
  })
})
