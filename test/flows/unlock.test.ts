// An administrator takes the locks of an account away.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newAdmin, newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ isolates: 2 })
})
afterAll(() => gateway.stop())

const login = async (person: Person, password: string): Promise<number> =>
  (await newVisitor(gateway).send('POST', `${gateway.urls[1]}/auth/v1/login`, { email: person.email, password })).status

describe('unlocking an account', () => {
  it('lets its owner in again from any device, and is on record with who did it and why', async () => {
    const [admin, person] = [await newAdmin(gateway), await newPerson(gateway)]
    for (let count = 0; count < 5; count += 1) expect(await login(person, 'a wrong one')).toBe(401)
    expect(await login(person, person.password)).toBe(429)
    const answer = await admin.visitor.change('POST', `/auth/v1/admin/users/${person.userId}/unlock`, {
      reason: 'called, and knew the answer',
    })
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'unlocked' }])
    expect(await login(person, person.password)).toBe(200)
    const rows = await gateway.sql(
      `select reason, details, outcome from audit_events where type = 'account.unlocked' and user_id = $1`,
      [person.userId],
    )
    expect(rows).toEqual([
      { reason: 'called, and knew the answer', details: { actor_id: admin.userId }, outcome: 'success' },
    ])
  })

  it('forgives wrong codes of the second factor as well', async () => {
    const [admin, person] = [await newAdmin(gateway), await newPerson(gateway)]
    await gateway.sql(
      `insert into totp_credentials (user_id, secret, confirmed_at, failures, failed_at, locked_until)
        values ($1, 'sealed', now(), 6, now(), now() + interval '30 minutes')`,
      [person.userId],
    )
    await admin.visitor.change('POST', `/auth/v1/admin/users/${person.userId}/unlock`)
    expect(
      await gateway.sql('select failures, locked_until from totp_credentials where user_id = $1', [person.userId]),
    ).toEqual([{ failures: 0, locked_until: null }])
  })

  it('is for administrators, and for accounts there are', async () => {
    const [admin, person] = [await newAdmin(gateway), await newPerson(gateway)]
    const path = `/auth/v1/admin/users/${person.userId}/unlock`
    expect((await newVisitor(gateway).send('POST', path, {})).status).toBe(401)
    expect((await person.visitor.change('POST', path, {})).status).toBe(403)
    expect((await admin.visitor.change('POST', path, { reason: '' })).status).toBe(422)
    for (const id of ['no-id', '01890000-0000-7000-8000-000000000000'])
      expect((await admin.visitor.change('POST', `/auth/v1/admin/users/${id}/unlock`, {})).status).toBe(404)
  })
})
