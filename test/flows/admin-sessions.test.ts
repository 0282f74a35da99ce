// What only administrators may do by the API, and how it is on record.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { newAdmin, newPerson, signInAgain } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

const endOf = (userId: string): string => `/auth/v1/admin/users/${userId}/revoke-sessions`

describe('the admin API', () => {
  it('is closed to people without the role, also where there is nothing, and that is on record', async () => {
    const person = await newPerson(gateway)
    for (const path of [endOf(person.userId), '/auth/v1/admin/nothing-there']) {
      expect((await newVisitor(gateway).send('POST', path, {})).status).toBe(401)
      const answer = await person.visitor.change('POST', path, {})
      expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'forbidden' }])
    }
    const denials = async () =>
      gateway.sql(`select details from audit_events where type = 'access.denied' and user_id = $1`, [person.userId])
    await expect
      .poll(denials, { timeout: 10_000 })
      .toEqual([{ details: { area: 'admin' } }, { details: { area: 'admin' } }])
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
  })

  it('ends every session of somebody within a second, and names who did it', async () => {
    const [admin, person] = [await newAdmin(gateway), await newPerson(gateway)]
    const second = await signInAgain(gateway, person)
    expect((await second.send('GET', '/private')).status).toBe(200)
    const answer = await admin.visitor.change('POST', endOf(person.userId), {})
    expect([answer.status, await answer.json()]).toEqual([200, { revoked: 2 }])
    const refused = async () => [await person.visitor.send('GET', '/private'), await second.send('GET', '/private')]
    await expect.poll(async () => (await refused()).map(({ status }) => status), { timeout: 2000 }).toEqual([401, 401])
    const [row] = await gateway.sql(
      `select details, reason from audit_events where type = 'session.ended' and user_id = $1`,
      [person.userId],
    )
    expect(row).toEqual({ details: { scope: 'all', actor_id: admin.userId }, reason: 'ended by an administrator' })
    expect((await admin.visitor.send('GET', '/admin/x')).status).not.toBe(403)
  })

  it('changes nothing without a proof of the last minutes', async () => {
    const [admin, person] = [await newAdmin(gateway), await newPerson(gateway)]
    await gateway.sql(`update sessions set auth_time = auth_time - interval '11 minutes' where user_id = $1`, [
      admin.userId,
    ])
    const { visitor } = admin
    const answer = await visitor.change('POST', endOf(person.userId), {})
    expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'step_up_required' }])
    expect(answer.headers.get('www-authenticate')).toContain('insufficient_user_authentication')
  })

  it.each(['not-a-uuid', '00000000-0000-7000-8000-000000000000'])('knows nobody called %s', async (id) => {
    const admin = await newAdmin(gateway)
    expect((await admin.visitor.change('POST', endOf(id), {})).status).toBe(404)
    expect((await admin.visitor.change('POST', endOf(admin.userId), { everything: true })).status).toBe(422)
  })
})
