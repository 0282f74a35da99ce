// A captcha in place of a no: who is asked, what an answer is good for, and what happens where nobody can say.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TurnstileVendor, startTurnstile } from '../../tools/dev/turnstile.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newEmail, newPerson } from '../support/people.ts'
import { type RawAnswer, header, sendRaw } from '../support/raw-http.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newAddress, newVisitor } from '../support/visitor.ts'

let vendor: TurnstileVendor
let gateway: TestGateway
beforeAll(async () => {
  vendor = await startTurnstile()
  const limits = {
    rules: {
      login: { limit: 2, response: 'captcha' },
      'sign-up': { limit: 1000 },
      'messages-everywhere': { limit: 500 },
      'guesses-everywhere': { limit: 40 },
    },
    lockout: { response: 'captcha' },
  }
  gateway = await startGateway({
    isolates: 2,
    bundle: bundleWith({ ...shippedConfig, captcha: { provider: 'turnstile' }, limits }),
    bindings: vendor.bindings,
  })
})
afterAll(async () => {
  await gateway.stop()
  await vendor.stop()
})
beforeEach(() => vendor.mode('ok'))

const login = (visitor: Visitor, person: Pick<Person, 'email' | 'password'>, answer?: string): Promise<Response> =>
  visitor.send(
    'POST',
    '/auth/v1/login',
    { email: person.email, password: person.password },
    answer === undefined ? {} : { 'x-captcha-token': answer },
  )

/** Somebody from whose network no more may be tried without a captcha. */
async function tired(): Promise<Visitor> {
  const visitor = newVisitor(gateway)
  for (let count = 0; count < 2; count += 1) await login(visitor, { email: newEmail(), password: 'a wrong one' })
  return visitor
}

/** By the page, as people do. */
async function clear(visitor: Visitor, answer = vendor.solve()): Promise<Response> {
  await visitor.open('/auth/captcha')
  return visitor.submit('/auth/captcha', { 'cf-turnstile-response': answer, return_to: '/auth/login' })
}

/** As no `fetch` of Node can: with the manners of a browser that goes to another page. */
async function navigate(visitor: Visitor, path: string): Promise<RawAnswer> {
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${new URL(gateway.url).host}`,
    `CF-Connecting-IP: ${visitor.ip}`,
    'Accept: text/html',
    'Sec-Fetch-Mode: navigate',
    'Content-Length: 0',
    'Connection: close',
  ]
  const answer = await sendRaw(Number(new URL(gateway.url).port), `${head.join('\r\n')}\r\n\r\n`)
  if (answer === null) throw new Error('no answer')
  return answer
}

describe('a program beyond a limit that answers with a captcha', () => {
  it('is told which captcha it is and where the answer goes, and gets in with one', async () => {
    const [person, visitor] = [await newPerson(gateway), await tired()]
    const asked = await login(visitor, person)
    expect([asked.status, asked.headers.get('x-portcullis-response')]).toEqual([429, 'captcha_required'])
    expect(Number(asked.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await asked.json()).toMatchObject({
      code: 'captcha_required',
      captcha: { provider: 'turnstile', site_key: vendor.siteKey, answer_header: 'x-captcha-token' },
    })
    expect((await login(visitor, person, vendor.solve())).status).toBe(200)
  })

  it('gets in with each answer once, and not with one for another site or another purpose', async () => {
    const [person, visitor] = [await newPerson(gateway), await tired()]
    const answer = vendor.solve()
    expect((await login(visitor, person, answer)).status).toBe(200)
    const others = [answer, vendor.solve({ hostname: 'evil.example' }), vendor.solve({ action: 'vote' }), 'made up', '']
    for (const other of others) expect((await login(visitor, person, other)).status, other).toBe(429)
    expect((await login(visitor, person, 'x'.repeat(3000))).status).toBe(429)
  })

  it.each(['fail', 'hang'] as const)('is refused with 503 while nobody can say (%s)', async (mode) => {
    const [person, visitor] = [await newPerson(gateway), await tired()]
    const answer = vendor.solve()
    vendor.mode(mode)
    expect((await login(visitor, person, answer)).status).toBe(503)
    expect((await login(visitor, person)).status).toBe(429)
  })
})

describe('somebody at a form', () => {
  it('is led to the captcha and back to the form, and may try again from there', async () => {
    const [person, visitor] = [await newPerson(gateway), await tired()]
    await visitor.open('/auth/login')
    const fields = { email: person.email, password: person.password, return_to: '/private' }
    const sent = await navigate(visitor, '/auth/login')
    expect(sent.status).toBe(303)
    const [page, query = ''] = (header(sent, 'location') ?? '').split('?')
    expect([page, new URLSearchParams(query).get('return_to')]).toEqual(['/auth/captcha', '/auth/login'])
    const cleared = await clear(visitor)
    expect([cleared.status, cleared.headers.get('location')]).toEqual([303, '/auth/login'])
    const again = await visitor.submit('/auth/login', fields)
    expect([again.status, again.headers.get('location')]).toEqual([303, '/private'])
  })

  it('sees the widget on a page whose policy admits it and nothing else, and no other page does', async () => {
    const visitor = newVisitor(gateway)
    const page = await visitor.open('/auth/captcha')
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain(`script-src ${vendor.url};`)
    expect(policy).toContain(`frame-src ${vendor.url}`)
    expect(policy).toContain("default-src 'none'")
    const html = await page.text()
    expect(html).toContain(`data-sitekey="${vendor.siteKey}"`)
    expect(html).toMatch(/<noscript>.*JavaScript.*<\/noscript>/s)
    const other = (await visitor.open('/auth/login')).headers.get('content-security-policy') ?? ''
    expect(other).not.toContain(vendor.url)
    expect(other).toContain("require-trusted-types-for 'script'")
  })

  it('is not cleared by a wrong answer', async () => {
    const visitor = newVisitor(gateway)
    const answer = await clear(visitor, 'made up')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-security-policy')).toContain(`script-src ${vendor.url}`)
    expect(visitor.cookies.has('__Host-portcullis-cleared')).toBe(false)
  })
})

describe('a clearance', () => {
  it('is good for five attempts, from its own network alone, and for nobody who changes it', async () => {
    const [person, visitor, other] = [await newPerson(gateway), await tired(), await tired()]
    await clear(visitor)
    const cookie = visitor.cookies.get('__Host-portcullis-cleared') ?? ''
    other.cookies.set('__Host-portcullis-cleared', cookie)
    expect((await login(other, person)).status).toBe(429)
    visitor.cookies.set(
      '__Host-portcullis-cleared',
      cookie.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
    )
    expect((await login(visitor, person)).status).toBe(429)
    const statuses: number[] = []
    for (let count = 0; count < 7; count += 1) {
      visitor.cookies.set('__Host-portcullis-cleared', cookie)
      statuses.push((await login(visitor, { email: newEmail(), password: 'wrong' })).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
  })

  it('does not reach the site', async () => {
    const { visitor } = await newPerson(gateway)
    await clear(visitor)
    expect(visitor.cookies.has('__Host-portcullis-cleared')).toBe(true)
    expect(await (await visitor.send('GET', '/headers')).text()).not.toContain('__Host-portcullis-cleared')
  })
})

describe('a locked account where locks answer with a captcha', () => {
  it('takes five more guesses of whoever answers one, and then none', async () => {
    const person = await newPerson(gateway)
    const guess = (password: string, answer?: string): Promise<Response> =>
      login(newVisitor(gateway), { email: person.email, password }, answer)
    for (let count = 0; count < 5; count += 1) await guess('a wrong one')
    expect((await guess(person.password)).headers.get('x-portcullis-response')).toBe('captcha_required')
    expect((await guess(person.password, vendor.solve())).status).toBe(200)
    for (let count = 0; count < 5; count += 1) expect((await guess('wrong', vendor.solve())).status).toBe(401)
    const last = await guess(person.password, vendor.solve())
    expect([last.status, last.headers.get('x-portcullis-response')]).toEqual([429, 'too_many_attempts'])
  })
})

describe('a list of accounts that is tried from hundreds of addresses', () => {
  it('meets a captcha once too many were wrong in all; who signs in at the first try has not been counted', async () => {
    const [first, honest] = [await newPerson(gateway), await newPerson(gateway)]
    for (let count = 0; count < 45; count += 1) expect((await login(newVisitor(gateway), first)).status).toBe(200)
    const tried: number[] = []
    // In groups: those that a machine under load cannot compare are taken back.
    while (!tried.includes(429) && tried.length < 400) {
      const guess = (): Promise<Response> => login(newVisitor(gateway), { email: newEmail(), password: 'from a list' })
      const group = await Promise.all(Array.from({ length: 10 }, guess))
      tried.push(...group.map(({ status }) => status))
    }
    const compared = tried.filter((status) => status === 401).length
    expect(tried).toContain(429)
    expect(compared).toBeGreaterThan(0)
    expect(compared).toBeLessThanOrEqual(40)
    expect((await login(newVisitor(gateway), honest)).headers.get('x-portcullis-response')).toBe('captcha_required')
    expect((await login(newVisitor(gateway), honest, vendor.solve())).status).toBe(200)
    // On a device that was used before nobody is asked.
    const known = newVisitor(gateway)
    known.cookies.set('__Host-portcullis-device', honest.visitor.cookies.get('__Host-portcullis-device') ?? '')
    expect((await login(known, honest)).status).toBe(200)
  })
})

describe('a large IPv6 network', () => {
  it('is one client more: what its 65,536 parts may try together', async () => {
    const prefix = `2001:db8:${newAddress().split('.')[1]}`
    const statuses = await Promise.all(
      Array.from({ length: 60 }, async (_, part) => {
        const visitor = newVisitor(gateway, `${prefix}:${(part + 1).toString(16)}::1`)
        return (await visitor.send('POST', '/auth/v1/password/forgot', { email: newEmail() })).status
      }),
    )
    expect(statuses.filter((status) => status !== 429)).toHaveLength(30)
    const elsewhere = newVisitor(gateway, `2001:db9:${newAddress().split('.')[1]}:1::1`)
    expect((await elsewhere.send('POST', '/auth/v1/password/forgot', { email: newEmail() })).status).toBe(202)
  })
})

describe('one asker', () => {
  it('cannot use up what a mailbox may get', async () => {
    const [email, asker] = [newEmail(), newVisitor(gateway)]
    const ask = async (visitor: Visitor): Promise<number> =>
      (await visitor.send('POST', '/auth/v1/signup', { email, password: 'correct horse battery staple' })).status
    const statuses: number[] = []
    for (let count = 0; count < 6; count += 1) statuses.push(await ask(asker))
    expect(statuses).toEqual([202, 202, 202, 202, 429, 429])
    expect(await ask(newVisitor(gateway))).toBe(202)
  })
})
