// One's own account as a whole: what is known, a copy of it, and its end.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createNeonDatabase } from '../../src/db/neon.ts'
import { cleanUp } from '../../src/sessions/clean-up.ts'
import { enrol } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, goodPassword, mailTo, newPerson, signInAgain } from '../support/people.ts'
import { header, sendRaw } from '../support/raw-http.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

const age = (person: Person) =>
  gateway.sql(`update sessions set auth_time = auth_time - interval '11 minutes' where user_id = $1`, [person.userId])

/** Where a browser is sent. Written out, as `fetch` says of itself that it is a script. */
async function browse({ cookies, ip }: Visitor, method: string, path: string): Promise<string | null> {
  const body = new URLSearchParams({ csrf_token: cookies.get('__Host-portcullis-csrf') ?? '' }).toString()
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${new URL(gateway.url).host}`,
    'Accept: text/html',
    'Sec-Fetch-Mode: navigate',
    `CF-Connecting-IP: ${ip}`,
    `Cookie: ${[...cookies].map(([name, value]) => `${name}=${value}`).join('; ')}`,
    ...(method === 'POST' ? ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`] : []),
  ]
  const bytes = `${lines.join('\r\n')}\r\n\r\n${method === 'POST' ? body : ''}`
  const answer = await sendRaw(Number(new URL(gateway.url).port), bytes)
  return answer === null ? null : header(answer, 'location')
}

describe('one’s own account', () => {
  it('is shown, and takes another name or none', async () => {
    const { visitor, userId, email } = await newPerson(gateway)
    const answer = await visitor.send('GET', '/auth/v1/me')
    const before = { id: userId, email, email_verified: true, name: 'Test Person', roles: [] }
    expect([answer.status, await answer.json()]).toMatchObject([200, before])
    const named = await visitor.change('PATCH', '/auth/v1/me', { name: '  Ada Lovelace ' })
    expect(await named.json()).toMatchObject({ id: userId, name: 'Ada Lovelace' })
    for (const name of ['', null])
      expect(await (await visitor.change('PATCH', '/auth/v1/me', { name })).json()).toMatchObject({ name: null })
    for (const wrong of [{ name: 'x'.repeat(201) }, { name: 1 }, { email: 'a@example.com' }, {}])
      expect((await visitor.change('PATCH', '/auth/v1/me', wrong)).status).toBe(422)
    expect((await newVisitor(gateway).send('GET', '/auth/v1/me')).status).toBe(401)
    const events = await gateway.sql(`select details from audit_events where user_id = $1 and type = 'user.changed'`, [
      userId,
    ])
    expect(events).toEqual([
      { details: { fields: 'name' } },
      { details: { fields: 'name' } },
      { details: { fields: 'name' } },
    ])
  })

  it('comes as a copy of everything kept, without any secret, to whoever proved it lately', async () => {
    const person = await newPerson(gateway)
    await enrol(person.visitor)
    const answer = await person.visitor.send('GET', '/auth/v1/me/export')
    expect(answer.headers.get('content-disposition')).toContain('attachment')
    const text = await answer.text()
    const document = JSON.parse(text) as Record<string, Record<string, unknown>[]>
    expect(document['profile']).toMatchObject([{ id: person.userId, email: person.email }])
    expect(document['identities']).toMatchObject([{ subject: `email:${person.email}` }])
    expect(document['sessions']?.length).toBeGreaterThan(0)
    expect([document['authenticator_apps']?.length, document['backup_codes']?.length]).toEqual([1, 10])
    expect(document['events']?.map(({ type }) => type)).toContain('user.created')
    const secrets = await gateway.sql(
      `select secret_hash as kept from sessions where user_id = $1 union select hash from password_credentials where user_id = $1
       union select code_hash from backup_codes where user_id = $1 union select secret from totp_credentials where user_id = $1`,
      [person.userId],
    )
    expect(secrets.length).toBeGreaterThan(11)
    for (const { kept } of secrets) expect(text).not.toContain(kept)
  })

  it('is handed out and ended only after a proof of the last minutes', async () => {
    const person = await newPerson(gateway)
    await age(person)
    const codes = [
      await person.visitor.send('GET', '/auth/v1/me/export'),
      await person.visitor.change('DELETE', '/auth/v1/me'),
    ].map(({ status }) => status)
    expect(codes).toEqual([401, 401])
    const back = '/auth/reauthenticate?return_to=%2Fauth%2Faccount%2Fdata'
    expect(await browse(person.visitor, 'GET', '/auth/account/data/export')).toBe(`${back}%2Fexport`)
    await person.visitor.open('/auth/account/data/delete')
    expect(await browse(person.visitor, 'POST', '/auth/account/data/delete')).toBe(back)
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
  })

  it('ends at once and everywhere, tells its owner, and leaves the address free', async () => {
    const person = await newPerson(gateway)
    const other = await signInAgain(gateway, person)
    expect((await other.send('GET', '/private')).status).toBe(200)
    expect((await person.visitor.change('DELETE', '/auth/v1/me')).status).toBe(204)
    const doors = async () =>
      Promise.all([other, person.visitor].map(async (visitor) => (await visitor.send('GET', '/private')).status))
    await expect.poll(doors, { timeout: 2000 }).toEqual([401, 401])
    const login = { email: person.email, password: person.password }
    expect((await newVisitor(gateway).send('POST', '/auth/v1/login', login)).status).toBe(401)
    expect((await mailTo(gateway, person.email, /change/i)).subject).toContain('A change to your account')
    const again = newVisitor(gateway)
    const signUp = { email: person.email, password: goodPassword }
    expect((await again.send('POST', '/auth/v1/signup', signUp)).status).toBe(202)
    const { code } = await mailTo(gateway, person.email, /confirm/i)
    expect(code).toMatch(/^\d{6}$/)
  })

  it('is erased when its time is over, and not before; the trail stays', async () => {
    const [early, late] = [await newPerson(gateway), await newPerson(gateway)]
    for (const { visitor } of [early, late]) await visitor.change('DELETE', '/auth/v1/me')
    await gateway.sql(`update users set deleted_at = now() - interval '31 days' where id = $1`, [late.userId])
    const database = createNeonDatabase({ databaseUrl: gateway.databaseUrl, endpoint: gateway.neon.url })
    expect(await cleanUp(database, { purgeAfterDays: 30 })).toMatchObject({ accounts: 1 })
    const left = await gateway.sql('select id from users where id = any($1)', [[early.userId, late.userId]])
    expect(left).toEqual([{ id: early.userId }])
    for (const table of ['identities', 'password_credentials', 'sessions', 'challenges'])
      expect(await gateway.sql(`select 1 from ${table} where user_id = $1`, [late.userId])).toEqual([])
    const trail = await gateway.sql('select type from audit_events where user_id = $1', [late.userId])
    expect(trail.map(({ type }) => type)).toContain('user.deleted')
  })
})

describe('the page of one’s own data', () => {
  it('changes the name, offers the copy, and ends the account after asking', async () => {
    const person = await newPerson(gateway)
    expect(await (await person.visitor.open('/auth/account/data')).text()).toContain('value="Test Person"')
    const named = await person.visitor.submit('/auth/account/data/name', { name: 'Grace Hopper' })
    expect(await named.text()).toContain('value="Grace Hopper"')
    const tooLong = await person.visitor.submit('/auth/account/data/name', { name: 'x'.repeat(201) })
    expect([tooLong.status, (await tooLong.text()).includes('Use a shorter name')]).toEqual([422, true])
    const copy = await person.visitor.open('/auth/account/data/export')
    expect([copy.status, copy.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
    expect(await (await person.visitor.open('/auth/account/data/delete')).text()).toContain(person.email)
    const gone = await person.visitor.submit('/auth/account/data/delete', {})
    expect([gone.status, await gone.text()]).toMatchObject([200, expect.stringContaining('You are signed out')])
    expect(person.visitor.cookies.has('__Host-portcullis')).toBe(false)
  })

  it('is for whoever is signed in', async () => {
    const answer = await newVisitor(gateway).open('/auth/account/data')
    expect(answer.headers.get('location')).toBe('/auth/login?return_to=%2Fauth%2Faccount%2Fdata')
  })
})
