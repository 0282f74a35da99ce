// What is mailed belongs to the browser that asked: whose password counts, whose tries are counted, and who is signed in as whom.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { mailTo, newEmail, newPerson } from '../support/people.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

const [own, theirs, chosen] = ['the password of the owner', 'the password of the stranger', 'a password chosen later']

const login = async (email: string, password: string): Promise<number> =>
  (await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password })).status

/** The status of each password, of which at most one may be in force. */
const inForce = (email: string): Promise<number[]> => Promise.all([own, theirs, chosen].map((one) => login(email, one)))

/** A browser has seen a page, and been given the cookie that tells it from others. */
async function newBrowser(): Promise<Visitor> {
  const visitor = newVisitor(gateway)
  await visitor.open('/auth/signup')
  return visitor
}

/** The mail that an action causes. */
async function mailOf(email: string, action: () => Promise<Response>): ReturnType<typeof mailTo> {
  const count = (): number => gateway.mail.messages().filter(({ to }) => [to].flat().includes(email)).length
  const before = count()
  expect((await action()).ok).toBe(true)
  await expect.poll(count, { timeout: 10_000 }).toBe(before + 1)
  return mailTo(gateway, email)
}

const signUp = (visitor: Visitor, email: string, password: string) =>
  mailOf(email, () => visitor.submit('/auth/signup', { email, password, name: '' }))
const confirm = (visitor: Visitor, fields: Record<string, string>): Promise<Response> =>
  visitor.submit('/auth/verify-email', fields)
const isIn = async (visitor: Visitor): Promise<boolean> => (await visitor.send('GET', '/private')).status === 200

describe('of two who sign up with one address', () => {
  it.each(['the owner first', 'the stranger first'])(
    '%s: each mail is good for its own password only',
    async (order) => {
      for (const by of ['link', 'code'] as const) {
        const email = newEmail()
        const [owner, stranger] = [await newBrowser(), await newBrowser()]
        if (order === 'the stranger first') await signUp(stranger, email, theirs)
        const mail = await signUp(owner, email, own)
        if (order === 'the owner first') await signUp(stranger, email, theirs)
        const answer = await confirm(owner, by === 'link' ? { token: mail.token } : { email, code: mail.code })
        expect([by, answer.status, await isIn(owner)]).toEqual([by, 303, true])
        expect(await inForce(email)).toEqual([200, 401, 401])
      }
    },
  )

  it('the owner who opens the stranger’s mail is asked for a password, and only that one counts', async () => {
    const email = newEmail()
    const [owner, stranger] = [await newBrowser(), await newBrowser()]
    await signUp(owner, email, own)
    const { token, link } = await signUp(stranger, email, theirs)
    const page = await (await owner.open(link)).text()
    expect(page).toContain('name="new_password"')
    expect(page).toMatch(new RegExp(`<input[^>]*autocomplete="username"[^>]*value="${email}"[^>]*readonly`))
    const pressed = await confirm(owner, { token })
    expect([pressed.status, await pressed.text()]).toEqual([200, expect.stringContaining('name="new_password"')])
    expect(await isIn(owner)).toBe(false)
    const weak = await confirm(owner, { token, email, new_password: 'password123' })
    expect([weak.status, await weak.text()]).toEqual([422, expect.stringContaining('Many people use this password')])
    const answer = await confirm(owner, { token, email, new_password: chosen })
    expect([answer.status, await isIn(owner)]).toEqual([303, true])
    expect(await inForce(email)).toEqual([401, 401, 200])
  })

  it('the owner’s new message brings the owner’s own password, and the stranger’s new message none', async () => {
    const email = newEmail()
    const [owner, stranger] = [await newBrowser(), await newBrowser()]
    const resend = (visitor: Visitor) => mailOf(email, () => visitor.submit('/auth/resend', { email }))
    await signUp(owner, email, own)
    await signUp(stranger, email, theirs)
    const second = await resend(stranger)
    expect(await (await owner.open(second.link)).text()).toContain('name="new_password"')
    const { token, link } = await resend(owner)
    expect(await (await owner.open(link)).text()).not.toContain('name="new_password"')
    expect((await confirm(owner, { token })).status).toBe(303)
    expect(await inForce(email)).toEqual([200, 401, 401])
  })

  it('a link that a program answers from elsewhere puts no password in force that was not sent along', async () => {
    for (const [extra, expected] of [
      [{}, [401, 401, 401]],
      [{ new_password: chosen }, [401, 401, 200]],
    ] as const) {
      const [email, owner, stranger] = [newEmail(), newVisitor(gateway), newVisitor(gateway)]
      const post = (visitor: Visitor, password: string) =>
        mailOf(email, () => visitor.send('POST', '/auth/v1/signup', { email, password }))
      await post(owner, own)
      const { token } = await post(stranger, theirs)
      expect((await owner.send('POST', '/auth/v1/email/verify', { token, ...extra })).status).toBe(200)
      expect(await inForce(email)).toEqual(expected)
    }
  })
})

describe('somebody who signs up on one device and reads the mail on another', () => {
  it('types the code where they signed up, and the password chosen there counts', async () => {
    const [email, desk, phone] = [newEmail(), await newBrowser(), await newBrowser()]
    const { link, code } = await signUp(desk, email, own)
    expect(await (await phone.open(link)).text()).toContain('enter the 6-digit code of the message there')
    expect((await confirm(desk, { email, code })).status).toBe(303)
    expect([await isIn(desk), await isIn(phone)]).toEqual([true, false])
    expect(await inForce(email)).toEqual([200, 401, 401])
  })

  it('or chooses a password where the mail is', async () => {
    const [email, desk, phone] = [newEmail(), await newBrowser(), await newBrowser()]
    const { token } = await signUp(desk, email, own)
    expect((await confirm(phone, { token, email, new_password: chosen })).status).toBe(303)
    expect(await inForce(email)).toEqual([401, 401, 200])
  })

  it('keeps a password that they changed meanwhile', async () => {
    const [email, desk] = [newEmail(), await newBrowser()]
    const { token } = await signUp(desk, email, own)
    await desk.submit('/auth/login', { email, password: own })
    const changed = await desk.change('POST', '/auth/v1/password/change', {
      current_password: own,
      new_password: chosen,
    })
    expect(changed.status).toBe(200)
    // A new token, as the session has come since the page was opened.
    await desk.open('/auth/account')
    expect((await confirm(desk, { token })).status).toBe(303)
    expect(await inForce(email)).toEqual([401, 401, 200])
  })
})

interface Mailed {
  readonly email: string
  /** Asks, as the pages do; the same for whoever has no account. */
  readonly ask: (visitor: Visitor, email: string) => Promise<Response>
  readonly answer: (visitor: Visitor, given: Record<string, string>) => Promise<Response>
}

const mailedCodes: Readonly<Record<string, () => Promise<Mailed>>> = {
  'a sign-up': async () => ({
    email: newEmail(),
    ask: (visitor, email) => visitor.submit('/auth/signup', { email, password: own, name: '' }),
    answer: confirm,
  }),
  'a magic link': async () => ({
    email: (await newPerson(gateway)).email,
    ask: (visitor, email) => visitor.submit('/auth/magic-link', { email }),
    answer: (visitor, given) => visitor.submit('/auth/magic-link/verify', given),
  }),
  'a reset': async () => ({
    email: (await newPerson(gateway)).email,
    ask: (visitor, email) => visitor.submit('/auth/forgot', { email }),
    answer: (visitor, given) => visitor.submit('/auth/reset', { ...given, new_password: chosen }),
  }),
}

describe.each(Object.entries(mailedCodes))('the code of %s', (_, prepare) => {
  it('is right in the browser that asked, whatever strangers ask and guess meanwhile', async () => {
    const { email, ask, answer } = await prepare()
    const [owner, stranger] = [await newBrowser(), await newBrowser()]
    const { code } = await mailOf(email, () => ask(owner, email))
    const wrong = code === '000000' ? '000001' : '000000'
    for (let time = 0; time < 6; time += 1) expect((await answer(stranger, { email, code: wrong })).status).toBe(401)
    expect((await answer(stranger, { email, code })).status, 'the right one, elsewhere').toBe(401)
    await mailOf(email, () => ask(stranger, email))
    for (let time = 0; time < 2; time += 1) expect((await answer(stranger, { email, code: wrong })).status).toBe(401)
    expect((await answer(owner, { email, code: wrong })).status).toBe(401)
    expect((await answer(owner, { email, code })).status).toBe(303)
  })

  it('takes five tries there', async () => {
    const { email, ask, answer } = await prepare()
    const owner = await newBrowser()
    const { code } = await mailOf(email, () => ask(owner, email))
    const wrong = code === '000000' ? '000001' : '000000'
    for (let time = 0; time < 5; time += 1) expect((await answer(owner, { email, code: wrong })).status).toBe(401)
    expect((await answer(owner, { email, code })).status).toBe(401)
  })
})

describe('a magic link', () => {
  const start = (visitor: Visitor, email: string) =>
    mailOf(email, () => visitor.submit('/auth/magic-link', { email, return_to: '/private' }))
  const shown = (email: string): string => `${email.slice(0, 1)}…${email.slice(email.indexOf('@'))}`

  it('says whose account it opens, and signs in by one press in the browser that asked', async () => {
    const [{ email }, visitor] = [await newPerson(gateway), await newBrowser()]
    const { token, link } = await start(visitor, email)
    const page = await (await visitor.open(link)).text()
    expect([page.includes(shown(email)), page.includes(email), page.includes('name="email"')]).toEqual([
      true,
      false,
      false,
    ])
    const answer = await visitor.submit('/auth/magic-link/verify', { token })
    expect([answer.status, answer.headers.get('location'), await isIn(visitor)]).toEqual([303, '/private', true])
  })

  it('signs nobody in elsewhere who does not type whose account it is', async () => {
    const [attacker, victim] = [await newPerson(gateway), await newPerson(gateway)]
    const [asking, foreign] = [await newBrowser(), await newBrowser()]
    const { token, link } = await start(asking, attacker.email)
    const page = await (await foreign.open(link)).text()
    expect([page.includes(shown(attacker.email)), page.includes(attacker.email)]).toEqual([true, false])
    expect(page).toContain('Go back there, and enter the 6-digit code')
    const press = (fields: object) => foreign.submit('/auth/magic-link/verify', { token, ...fields })
    const pressed = await press({})
    expect([pressed.status, await pressed.text()]).toEqual([200, expect.stringContaining('name="email"')])
    const wrong = await press({ email: victim.email })
    expect([wrong.status, await wrong.text()]).toEqual([401, expect.stringContaining('not sent to that address')])
    expect((await press({ email: 'no address' })).status).toBe(422)
    expect((await foreign.send('POST', '/auth/v1/magic-link/verify', { token })).status).toBe(401)
    expect(await isIn(foreign)).toBe(false)
    expect((await press({ email: attacker.email.toUpperCase() })).status).toBe(303)
    expect(await isIn(foreign)).toBe(true)
  })

  it('that a program asked for is another one’s for a browser', async () => {
    const [{ email }, browser] = [await newPerson(gateway), await newBrowser()]
    const { token } = await mailOf(email, () =>
      newVisitor(gateway).send('POST', '/auth/v1/magic-link/start', { email }),
    )
    expect((await browser.submit('/auth/magic-link/verify', { token })).status).toBe(200)
    expect(await isIn(browser)).toBe(false)
    expect((await browser.submit('/auth/magic-link/verify', { token, email })).status).toBe(303)
  })
})

describe('a script in a page that has seen none of ours', () => {
  it('is given the cookie by which its browser is known when it answers', async () => {
    const [{ email }, browser, other] = [await newPerson(gateway), newVisitor(gateway), newVisitor(gateway)]
    const fetched = { 'sec-fetch-site': 'same-origin' }
    const start = (visitor: Visitor) => visitor.send('POST', '/auth/v1/magic-link/start', { email }, fetched)
    const { code } = await mailOf(email, () => start(browser))
    expect([...browser.cookies.keys()]).toEqual(['__Host-portcullis-pre'])
    const verify = (visitor: Visitor) => visitor.send('POST', '/auth/v1/magic-link/verify', { email, code }, fetched)
    expect((await verify(other)).status).toBe(401)
    expect((await verify(browser)).status).toBe(200)
  })
})

describe('a program that keeps no cookie', () => {
  it('answers by code or link what it asked for, and signs in with the password it signed up with', async () => {
    for (const by of ['token', 'code'] as const) {
      const [email, program] = [newEmail(), newVisitor(gateway)]
      // Each request from the same place, and with nothing kept from the one before.
      const post = (path: string, body: object) => {
        program.cookies.clear()
        return program.send('POST', path, body)
      }
      const mail = await mailOf(email, () => post('/auth/v1/signup', { email, password: own }))
      const given = by === 'token' ? { token: mail.token } : { email, code: mail.code }
      expect((await post('/auth/v1/email/verify', given)).status).toBe(200)
      expect(await inForce(email)).toEqual([200, 401, 401])
    }
  })
})

describe('a page that takes a new password by a mail', () => {
  it('says to password managers whose it is, where the link is good, and nothing where it is not', async () => {
    const [{ email }, visitor] = [await newPerson(gateway), await newBrowser()]
    const { link, token } = await mailOf(email, () => visitor.submit('/auth/forgot', { email }))
    const field = new RegExp(`<input[^>]*autocomplete="username"[^>]*value="${email}"[^>]*readonly`)
    const elsewhere = await newBrowser()
    expect(await (await elsewhere.open(link)).text()).toMatch(field)
    const refused = await elsewhere.submit('/auth/reset', { token, email, new_password: 'short' })
    expect([refused.status, await refused.text()]).toEqual([422, expect.stringMatching(field)])
    const answer = await elsewhere.submit('/auth/reset', { token, email, new_password: chosen })
    expect(answer.status).toBe(303)
    for (const none of [token, 'x'.repeat(43)])
      expect(await (await elsewhere.open(`/auth/reset?token=${none}`)).text()).not.toContain('autocomplete="username"')
  })

  it('repeats the address that was typed, where the code is asked for', async () => {
    const visitor = await newBrowser()
    const unknown = newEmail()
    const page = await (await visitor.submit('/auth/forgot', { email: unknown })).text()
    expect(page).toMatch(new RegExp(`<input[^>]*autocomplete="username"[^>]*value="${unknown}"[^>]*readonly`))
  })

  it('and so does the one that asks for a fresh proof', async () => {
    const { email, visitor } = await newPerson(gateway)
    const page = await (await visitor.open('/auth/reauthenticate')).text()
    expect(page).toMatch(new RegExp(`<input[^>]*autocomplete="username"[^>]*value="${email}"[^>]*readonly`))
  })
})
