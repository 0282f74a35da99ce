// An account that a stranger has prepared with somebody else's address: whichever way its owner first proves the mailbox,
// nothing is left of the stranger. (By another site's word: social-sign-in.test.ts.)
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { goodPassword, mailTo, newEmail } from '../support/people.ts'
import { nothingRemains, prepareAccount, remainsOf } from '../support/prepared-account.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

const chosen = 'a password the owner has chosen'

interface Proof {
  /** As the owner goes on with it: signed in, or with a password. */
  readonly answer: Response
  readonly passwords: number
}

const ways: Readonly<Record<string, (email: string, owner: Visitor, token: string) => Promise<Proof>>> = {
  'the link of a sign-up that was the stranger’s': async (_, owner, token) => ({
    answer: await owner.send('POST', '/auth/v1/email/verify', { token }),
    passwords: 0,
  }),
  'that link, with a password chosen there': async (_, owner, token) => ({
    answer: await owner.send('POST', '/auth/v1/email/verify', { token, new_password: chosen }),
    passwords: 1,
  }),
  'the code of a sign-up of their own': async (email, owner) => {
    const before = gateway.mail.messages().length
    await owner.send('POST', '/auth/v1/signup', { email, password: chosen, name: 'Owner' })
    await expect.poll(() => gateway.mail.messages().length, { timeout: 10_000 }).toBeGreaterThan(before)
    const { code } = await mailTo(gateway, email)
    return { answer: await owner.send('POST', '/auth/v1/email/verify', { email, code }), passwords: 1 }
  },
  'a magic link': async (email, owner) => {
    await owner.send('POST', '/auth/v1/magic-link/start', { email })
    const { token } = await mailTo(gateway, email, /Sign in to/)
    return { answer: await owner.send('POST', '/auth/v1/magic-link/verify', { token }), passwords: 0 }
  },
  'a reset': async (email, owner) => {
    await owner.send('POST', '/auth/v1/password/forgot', { email })
    const { token } = await mailTo(gateway, email, /new password/)
    const reset = await owner.send('POST', '/auth/v1/password/reset', { token, new_password: chosen })
    expect(reset.status).toBe(200)
    return { answer: await owner.send('POST', '/auth/v1/login', { email, password: chosen }), passwords: 1 }
  },
}

describe.each(Object.entries(ways))('an account proven by %s', (_, prove) => {
  it('is its owner’s, and nothing in it the stranger’s', async () => {
    const email = newEmail()
    const { userId, stranger, signUp } = await prepareAccount(gateway, email)
    expect((await stranger.send('GET', '/private')).status).toBe(200)
    const owner = newVisitor(gateway)
    const { answer, passwords } = await prove(email, owner, signUp.token)
    // Not asked for a second factor that is not theirs.
    expect(await answer.json()).toMatchObject({
      status: 'signed_in',
      user: { id: userId, email, email_verified: true, name: null },
    })
    expect((await owner.send('GET', '/private')).status).toBe(200)
    expect(await remainsOf(gateway, userId)).toEqual({ ...nothingRemains, password_credentials: passwords })
    await expect.poll(async () => (await stranger.send('GET', '/private')).status, { timeout: 5000 }).toBe(401)
    const late = [
      await stranger.send('POST', '/auth/v1/login', { email, password: goodPassword }),
      await stranger.send('POST', '/auth/v1/email/verify', { email, code: signUp.code }),
      await stranger.send('POST', '/auth/v1/email/verify', { token: signUp.token }),
    ]
    expect(late.map(({ status }) => status)).toEqual([401, 401, 401])
    const events = await gateway.sql(
      "select type from audit_events where user_id = $1 and type = 'account.taken-over'",
      [userId],
    )
    expect(events).toHaveLength(1)
  })
})

it('an account that its maker proves keeps their name and number', async () => {
  const [email, maker] = [newEmail(), newVisitor(gateway)]
  const account = { email, password: goodPassword, name: 'Maker', phone: '+49301234567' }
  await maker.send('POST', '/auth/v1/signup', account)
  const { code } = await mailTo(gateway, email)
  const answer = await maker.send('POST', '/auth/v1/email/verify', { email, code })
  expect(await answer.json()).toMatchObject({ status: 'signed_in', user: { name: 'Maker' } })
  const rows = await gateway.sql('select name, phone from users where email = $1', [email])
  expect(rows).toEqual([{ name: 'Maker', phone: '+49301234567' }])
  expect((await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password: goodPassword })).status).toBe(200)
})
