// The worker is killed or meets what nobody foresaw: what was answered stays true, and nothing is let through instead.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BreakableGateway, startBreakableGateway } from '../support/breakable-gateway.ts'
import type { DatabaseProxy } from '../support/database-proxy.ts'
import type { TestGateway } from '../support/gateway.ts'
import { type Person, newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

const recoveryMs = 10_000

let breakable: BreakableGateway
let proxy: DatabaseProxy
let gateway: TestGateway
beforeAll(async () => {
  breakable = await startBreakableGateway()
  ;({ proxy, gateway } = breakable)
})
afterAll(() => breakable.stop())

const login = (person: Person, password = person.password): Promise<Response> =>
  newVisitor(gateway).send('POST', '/auth/v1/login', { email: person.email, password })

async function trailOf(answer: Response): Promise<unknown[]> {
  return gateway.sql('select type from audit_events where request_id = $1', [answer.headers.get('x-request-id')])
}

describe('a worker that is killed', () => {
  it('still holds to a revocation that the database has not heard of, and tells it', async () => {
    const { visitor, userId } = await newPerson(gateway)
    expect((await visitor.send('GET', '/private')).status).toBe(200)
    const cookie = visitor.cookies.get('__Host-portcullis') ?? ''
    proxy.mode('refuse', /update sessions set ended_at/)
    expect((await visitor.change('POST', '/auth/v1/logout')).status).toBe(204)
    await breakable.killAndRestart()
    visitor.cookies.set('__Host-portcullis', cookie)
    expect(await gateway.sql('select ended_at from sessions where user_id = $1', [userId])).toEqual([
      { ended_at: null },
    ])
    expect((await visitor.send('GET', '/private')).status).toBe(401)
    proxy.mode('pass')
    const ended = (): Promise<unknown> =>
      gateway.sql('select 1 as one from sessions where user_id = $1 and ended_at is not null', [userId])
    await expect.poll(ended, { timeout: recoveryMs, interval: 100 }).toEqual([{ one: 1 }])
    expect(
      await gateway.sql("select type from audit_events where user_id = $1 and type = 'session.ended'", [userId]),
    ).toEqual([{ type: 'session.ended' }])
  })

  it('loses no event that was answered for', async () => {
    const person = await newPerson(gateway)
    proxy.mode('refuse', /insert into audit_events/)
    const refused = await login(person, 'not the password')
    expect(refused.status).toBe(401)
    await breakable.killAndRestart()
    proxy.mode('pass')
    await expect
      .poll(() => trailOf(refused), { timeout: recoveryMs, interval: 100 })
      .toEqual([{ type: 'login.failed' }])
  })
})

describe('a trail that cannot be written', () => {
  it('keeps the change it belongs to from happening, and denials wait for it', async () => {
    const person = await newPerson(gateway)
    const sessions = (): Promise<unknown> =>
      gateway.sql('select count(*)::int as n from sessions where user_id = $1', [person.userId])
    const before = await sessions()
    await gateway.sql(
      `create function no_trail() returns trigger language plpgsql as 'begin raise exception ''no trail''; end'`,
    )
    await gateway.sql('create trigger no_trail before insert on audit_events for each row execute function no_trail()')
    let refused: Response
    try {
      const answer = await login(person)
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([500, []])
      refused = await login(person, 'not the password')
      expect(refused.status).toBe(401)
      expect(await sessions()).toEqual(before)
    } finally {
      await gateway.sql('drop function no_trail cascade')
    }
    await expect
      .poll(() => trailOf(refused), { timeout: recoveryMs, interval: 100 })
      .toEqual([{ type: 'login.failed' }])
    expect((await login(person)).status).toBe(200)
  })
})

describe('what nobody foresaw', () => {
  it('is answered dully with a request id and is not forwarded', async () => {
    const { visitor } = await newPerson(gateway)
    const person = await newPerson(gateway)
    await gateway.sql('alter table users rename to users_away')
    await gateway.sql('create view users as select * from users_away where 1 / (length(id::text) * 0) = 1')
    try {
      const answer = await login(person)
      const body = await answer.text()
      expect([answer.status, JSON.parse(body)]).toMatchObject([
        500,
        { code: 'internal', request_id: answer.headers.get('x-request-id') },
      ])
      expect(body).not.toMatch(/users|division|22012|select/i)
      const unchecked = await visitor.send('GET', '/private')
      expect([500, 503]).toContain(unchecked.status)
      expect(unchecked.headers.get('x-portcullis-response')).not.toBeNull()
    } finally {
      await gateway.sql('drop view users')
      await gateway.sql('alter table users_away rename to users')
    }
    expect((await visitor.send('GET', '/private')).status).toBe(200)
  })
})
