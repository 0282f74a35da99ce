import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { goodPassword, mailTo, newEmail, newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  // Racers are to reach the database, and are more than may write to one mailbox.
  const limits = { rules: { 'mail-message': { state: 'off' } } }
  gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, limits }) })
})
afterAll(() => gateway.stop())

describe('signing up', () => {
  it('ends with a confirmed address, a session, and an origin that sees who it is', async () => {
    const { visitor, email, userId } = await newPerson(gateway)
    const seen = (await (await visitor.send('GET', '/headers')).json()) as { headers: [string, string][] }
    const headers = new Map(seen.headers.map(([name, value]) => [name.toLowerCase(), value]))
    expect(headers.get('x-auth-email')).toBe(email)
    expect(headers.get('x-auth-user-id')).toBe(userId)
  })

  it('answers alike for a known address and mails only its owner', async () => {
    const { email } = await newPerson(gateway)
    const answers = await Promise.all(
      [email, newEmail()].map(async (address) => {
        const answer = await newVisitor(gateway).send('POST', '/auth/v1/signup', {
          email: address,
          password: goodPassword,
        })
        return [answer.status, await answer.text()]
      }),
    )
    expect(answers[0]).toEqual(answers[1])
    await expect.poll(async () => (await mailTo(gateway, email)).subject).toContain('already')
  })

  it('makes one user of 1,000 simultaneous sign-ups of one address', async () => {
    const email = newEmail()
    const statuses = new Map<number, number>()
    for (let round = 0; round < 25; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 40 }, () =>
          newVisitor(gateway).send('POST', '/auth/v1/signup', { email, password: goodPassword }),
        ),
      )
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    expect((await gateway.sql('select id from users where lower(email) = $1', [email])).length).toBe(1)
    expect([...statuses.keys()].filter((status) => status !== 202 && status !== 503)).toEqual([])
  }, 180_000)

  it('says in the mail how long its link and its code are good for', async () => {
    const email = newEmail()
    await newVisitor(gateway).send('POST', '/auth/v1/signup', { email, password: goodPassword })
    await mailTo(gateway, email)
    const [times] = await gateway.sql(
      `select round(extract(epoch from code_expires_at - c.created_at) / 60)::int as code,
         round(extract(epoch from expires_at - c.created_at) / 3600)::int as link
       from challenges c join users u on u.id = c.user_id where u.email = $1`,
      [email],
    )
    const text = gateway.mail.messages().find((message) => [message.to].flat().includes(email))?.text ?? ''
    expect(text).toContain(
      `works for ${String(times?.['link'])} hours and the code for ${String(times?.['code'])} minutes`,
    )
  })
})
