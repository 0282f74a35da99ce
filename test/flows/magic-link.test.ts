// Signing in by a mailed link or code.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { goodPassword, mailTo, newEmail, newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

const start = (body: object, visitor = newVisitor(gateway)): Promise<Response> =>
  visitor.send('POST', '/auth/v1/magic-link/start', body)
const verify = (body: object, visitor = newVisitor(gateway)): Promise<Response> =>
  visitor.send('POST', '/auth/v1/magic-link/verify', body)
const mailed = (email: string) => mailTo(gateway, email, /Sign in to/)

/** Somebody who has asked for a link. */
async function asked() {
  const person = await newPerson(gateway)
  expect((await start({ email: person.email })).status).toBe(202)
  return { ...person, mail: await mailed(person.email) }
}

describe('a magic link', () => {
  it('that a program asked for signs a program in wherever it is used, and both addresses are kept', async () => {
    const [here, there] = [newVisitor(gateway), newVisitor(gateway)]
    const { email, userId } = await newPerson(gateway)
    await start({ email }, here)
    const { token, link } = await mailed(email)
    expect(link).toBe(`${gateway.url}/auth/magic-link?token=${token}`)
    const answer = await verify({ token }, there)
    expect(await answer.json()).toMatchObject({
      status: 'signed_in',
      user: { id: userId },
      session: { amr: ['email'], aal: 'aal1' },
    })
    expect((await there.send('GET', '/private')).status).toBe(200)
    const [row] = await gateway.sql(
      "select host(ip) as asked, host(used_ip) as used, token_hash, code_hash from challenges where user_id = $1 and purpose = 'magic-link'",
      [userId],
    )
    expect(row).toMatchObject({ asked: here.ip, used: there.ip })
    expect(JSON.stringify(row)).not.toContain(token)
  })

  it('signs in by its code on the device that asked, and on no other', async () => {
    const { email } = await newPerson(gateway)
    const [here, there] = [newVisitor(gateway), newVisitor(gateway)]
    for (const browser of [here, there]) await browser.open('/auth/magic-link')
    await here.submit('/auth/magic-link', { email })
    const { code } = await mailed(email)
    const typed = { email, code: `${code.slice(0, 3)} ${code.slice(3)}` }
    expect([(await verify(typed, there)).status, (await verify(typed, here)).status]).toEqual([401, 200])
    expect((await here.send('GET', '/private')).status).toBe(200)
  })

  it('is good once, by link or by code', async () => {
    const { email, mail } = await asked()
    expect((await verify({ token: mail.token })).status).toBe(200)
    for (const again of [{ token: mail.token }, { email, code: mail.code }]) {
      const answer = await verify(again)
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([401, 'invalid_or_expired'])
    }
  })

  it('is opened by mail scanners without harm', async () => {
    const { mail } = await asked()
    for (let time = 0; time < 3; time += 1) expect((await newVisitor(gateway).open(mail.link)).status).toBe(200)
    expect((await newVisitor(gateway).send('HEAD', mail.link)).status).toBe(200)
    expect((await verify({ token: mail.token })).status).toBe(200)
  })

  it('is good for ten minutes', async () => {
    const { mail, userId } = await asked()
    const age = (minutes: number) =>
      gateway.sql(
        "update challenges set expires_at = expires_at - make_interval(secs => $2) where user_id = $1 and purpose = 'magic-link'",
        [userId, minutes * 60],
      )
    await age(9.5)
    const left = await gateway.sql(
      "select extract(epoch from expires_at - now()) as s from challenges where user_id = $1 and purpose = 'magic-link'",
      [userId],
    )
    expect(Number(left[0]?.['s'])).toBeLessThan(31)
    await age(0.5)
    expect((await verify({ token: mail.token })).status).toBe(401)
  })

  it('is good for nothing else, and nothing else is good for it', async () => {
    const { email, mail } = await asked()
    const other = newVisitor(gateway)
    expect((await other.send('POST', '/auth/v1/email/verify', { token: mail.token })).status).toBe(401)
    expect(
      (await other.send('POST', '/auth/v1/password/reset', { token: mail.token, new_password: goodPassword })).status,
    ).toBe(401)
    await other.send('POST', '/auth/v1/password/forgot', { email })
    const reset = await mailTo(gateway, email, /new password/)
    expect((await verify({ token: reset.token })).status).toBe(401)
    expect((await verify({ token: mail.token })).status).toBe(200)
  })

  it('takes five wrong codes and then not even the right one', async () => {
    const { email, mail } = await asked()
    const wrong = mail.code === '000000' ? '000001' : '000000'
    for (let attempt = 0; attempt < 5; attempt += 1) expect((await verify({ email, code: wrong })).status).toBe(401)
    expect((await verify({ email, code: mail.code })).status).toBe(401)
  })

  it.each([
    ['locked', "update users set status = 'locked' where id = $1"],
    ['deleted', 'update users set deleted_at = now() where id = $1'],
  ])('opens no account that was %s since', async (_, change) => {
    const { mail, userId } = await asked()
    await gateway.sql(change, [userId])
    expect((await verify({ token: mail.token })).status).toBe(401)
  })
})

describe('asking for a magic link', () => {
  it('answers alike for an address that nobody has, and mails nobody', async () => {
    const { email } = await newPerson(gateway)
    const unknown = newEmail()
    const answers = await Promise.all(
      [email, unknown].map(async (address) => {
        const answer = await start({ email: address })
        const { date: _, 'x-request-id': __, ...headers } = Object.fromEntries(answer.headers)
        return [answer.status, headers, await answer.text()]
      }),
    )
    expect(answers[0]).toEqual(answers[1])
    await mailed(email)
    expect(gateway.mail.messages().some(({ to }) => to.includes(unknown))).toBe(false)
  })

  it('is limited by whoever asks and by whom it would reach', async () => {
    const { email, userId } = await newPerson(gateway)
    const visitor = newVisitor(gateway)
    const statuses = []
    for (let time = 0; time < 6; time += 1) statuses.push((await start({ email: newEmail() }, visitor)).status)
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429])
    for (let time = 0; time < 9; time += 1) expect((await start({ email })).status).toBe(202)
    expect(
      (await gateway.sql("select 1 from challenges where user_id = $1 and purpose = 'magic-link'", [userId])).length,
    ).toBe(8)
  })

  it('does not wait for the vendor', async () => {
    const { email } = await newPerson(gateway)
    gateway.mail.mode('hang')
    try {
      expect((await start({ email })).status).toBe(202)
    } finally {
      gateway.mail.mode('ok')
    }
  })
})

describe('an account that somebody else made with one’s address', () => {
  it('comes to whoever proves the mailbox, without that person’s password and sessions', async () => {
    const email = newEmail()
    const attacker = newVisitor(gateway)
    const password = 'the password of the attacker'
    await attacker.send('POST', '/auth/v1/signup', { email, password })
    const signUp = await mailTo(gateway, email)
    expect((await attacker.send('POST', '/auth/v1/login', { email, password })).status).toBe(200)
    expect((await attacker.send('GET', '/private')).status).toBe(200)
    await start({ email })
    const owner = newVisitor(gateway)
    const answer = await verify({ token: (await mailed(email)).token }, owner)
    expect(await answer.json()).toMatchObject({ status: 'signed_in', user: { email_verified: true } })
    expect((await owner.send('GET', '/private')).status).toBe(200)
    await expect.poll(async () => (await attacker.send('GET', '/private')).status, { timeout: 5000 }).toBe(401)
    expect((await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password })).status).toBe(401)
    expect((await newVisitor(gateway).send('POST', '/auth/v1/email/verify', { token: signUp.token })).status).toBe(401)
  })
})
