// Signing out works for whoever asks for it on this site, also when there is nothing left to end; nobody else can do it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

const cookieName = '__Host-portcullis'
const csrfName = '__Host-portcullis-csrf'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

/** Somebody who has the account page open on a device whose session was just ended from another. */
async function endedElsewhere(): Promise<{ person: Person; device: Visitor }> {
  const person = await newPerson(gateway)
  const device = await signInAgain(gateway, person)
  expect((await device.open('/auth/account')).status).toBe(200)
  expect((await person.visitor.change('POST', '/auth/v1/sessions/revoke-all-others')).status).toBe(200)
  await expect.poll(async () => (await device.send('GET', '/private')).status, { timeout: 5000 }).toBe(401)
  return { person, device }
}

const cleared = (answer: Response): string[] =>
  answer.headers
    .getSetCookie()
    .filter((line) => /max-age=0/i.test(line))
    .map((line) => line.slice(0, line.indexOf('=')))
    .toSorted()

describe('signing out where the session has ended elsewhere', () => {
  it('shows a person that they are signed out, and takes the cookies away', async () => {
    const { device } = await endedElsewhere()
    const answer = await device.submit('/auth/logout', {})
    expect([answer.status, cleared(answer)]).toEqual([200, [cookieName, csrfName]])
    expect(await answer.text()).toContain('You are signed out')
    const again = await device.submit('/auth/logout', {})
    expect([again.status, again.headers.getSetCookie()]).toEqual([200, []])
  })

  it.each([undefined, {}])('tells a program that it is done, with the body %j', async (body) => {
    const { device } = await endedElsewhere()
    const answer = await device.send('POST', '/auth/v1/logout', body)
    expect([answer.status, cleared(answer)]).toEqual([204, [cookieName, csrfName]])
  })

  it('is not done for another site', async () => {
    const { device } = await endedElsewhere()
    for (const path of ['/auth/logout', '/auth/v1/logout']) {
      for (const sign of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
        const answer = await device.send('POST', path, undefined, sign)
        expect([path, answer.status, answer.headers.getSetCookie()]).toEqual([path, 403, []])
      }
    }
  })

  it('opens no other form', async () => {
    const { device } = await endedElsewhere()
    for (const path of ['/auth/account/sessions/revoke-others', '/auth/account/sessions/revoke', '/auth/login'])
      expect([path, (await device.submit(path, { id: 'x' })).status]).toEqual([path, 403])
  })
})

describe('a request to sign out', () => {
  // What another site can make an old browser send: no cookie (SameSite), no Origin, no fetch metadata.
  it.each(['/auth/logout', '/auth/v1/logout'])('that carries no cookie takes none away: %s', async (path) => {
    const headers = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await fetch(gateway.url + path, { method: 'POST', headers, body: '' })
    expect(answer.headers.getSetCookie()).toEqual([])
    const empty = await newVisitor(gateway).send('POST', path)
    expect(empty.headers.getSetCookie()).toEqual([])
  })

  it('of a live session without its token is refused, and the session lives on', async () => {
    const { visitor } = await newPerson(gateway)
    const live = visitor.cookies.get(cookieName) ?? ''
    visitor.cookies.delete(csrfName)
    for (const path of ['/auth/logout', '/auth/v1/logout']) {
      for (const answer of [await visitor.submit(path, { csrf_token: 'x' }), await visitor.send('POST', path, {})])
        expect([path, answer.status, answer.headers.getSetCookie()]).toEqual([path, 403, []])
    }
    visitor.cookies.set(cookieName, live)
    expect((await visitor.send('GET', '/private')).status).toBe(200)
  })
})
