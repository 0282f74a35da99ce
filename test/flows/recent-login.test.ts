// Parts of the site that ask for a recent sign-in: people prove themselves again and go on, programs are told what would do.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestIssuer, audience, inSeconds, startIssuer } from '../support/issuer.ts'
import { tokenLogin } from '../support/oauth.ts'
import { type Person, newPerson } from '../support/people.ts'
import { header, sendRaw } from '../support/raw-http.ts'
import { type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let issuer: TestIssuer
let origin: RecordingOrigin
let gateway: TestGateway
beforeAll(async () => {
  ;[issuer, origin] = await Promise.all([startIssuer(), startRecordingOrigin()])
  const routes = [
    { path: '/till/*', require: { recentMinutes: 10 } },
    { path: '/vault/*', require: { aal: 2, recentMinutes: 5 } },
    ...shippedConfig.routes,
  ]
  const issuers = [{ issuer: issuer.url, jwksUrl: `${issuer.url}/keys`, audiences: [audience] }]
  gateway = await startGateway({
    originUrl: origin.url,
    bundle: bundleWith({ ...shippedConfig, routes, issuers }),
  })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([issuer.stop(), origin.stop()])
})

/** As an isolate sees the person's sessions that was started when they were this old. */
async function letProofAge({ userId }: Pick<Person, 'userId'>, minutes: number): Promise<void> {
  await gateway.sql('update sessions set auth_time = now() - make_interval(mins => $2) where user_id = $1', [
    userId,
    minutes,
  ])
  await gateway.workerd.restart({ bindings: gateway.bindings })
}
const place = (answer: Response): string => `${answer.status} ${answer.headers.get('location') ?? ''}`.trim()

/** Where a browser that opens a page is led: `fetch` of Node writes a `Sec-Fetch-Mode` of its own. */
async function leads({ ip, cookies }: Visitor, path: string): Promise<unknown[]> {
  const { host, port } = new URL(gateway.url)
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    `CF-Connecting-IP: ${ip}`,
    `Cookie: ${[...cookies].map(([name, value]) => `${name}=${value}`).join('; ')}`,
    'Accept: text/html',
    'Sec-Fetch-Mode: navigate',
  ]
  const answer = await sendRaw(Number(port), `${lines.join('\r\n')}\r\n\r\n`)
  return answer === null ? [] : [answer.status, header(answer, 'location')]
}

const told = (answer: Response): unknown[] => [
  answer.status,
  answer.headers.get('x-portcullis-response'),
  answer.headers.get('www-authenticate'),
]
const asksFor = (what: string): unknown[] => [
  401,
  'step_up_required',
  `Bearer error="insufficient_user_authentication", ${what}`,
]

describe('a route that asks for a recent sign-in', () => {
  it('lets in who has signed in lately, and later asks programs for a newer proof', async () => {
    const person = await newPerson(gateway)
    const { visitor } = person
    expect((await visitor.send('GET', '/till/today')).status).toBe(200)
    await letProofAge(person, 11)
    expect(told(await visitor.send('GET', '/till/today'))).toEqual(asksFor('max_age="600"'))
    expect(told(await visitor.send('POST', '/TILL/today', {}))).toEqual(asksFor('max_age="600"'))
    expect((await visitor.send('GET', '/private')).status).toBe(200)
    expect((await visitor.change('POST', '/auth/v1/reauthenticate', { password: person.password })).status).toBe(200)
    expect((await visitor.send('GET', '/till/today')).status).toBe(200)
  })

  it('leads people to the question and back to where they were', async () => {
    const person = await newPerson(gateway)
    const { visitor } = person
    await letProofAge(person, 11)
    const question = '/auth/reauthenticate?return_to=%2Ftill%2Ftoday%3Fat%3D1'
    expect(await leads(visitor, '/till/today?at=1')).toEqual([303, question])
    await visitor.open(question)
    const form = { current_password: person.password, return_to: '/till/today?at=1' }
    expect(place(await visitor.submit('/auth/reauthenticate', form))).toBe('303 /till/today?at=1')
    expect(await leads(visitor, '/till/today?at=1')).toEqual([200, null])
  })

  it('asks for the second factor where it wants that as well, and then for one of the last minutes', async () => {
    const person = await newPerson(gateway)
    const { visitor } = person
    const both = asksFor('acr_values="aal2", max_age="300"')
    expect(told(await visitor.send('GET', '/vault/a'))).toEqual(both)
    const app = await enrol(visitor)
    expect((await visitor.send('GET', '/vault/a')).status).toBe(200)
    await letProofAge(person, 6)
    expect(told(await visitor.send('GET', '/vault/a'))).toEqual(both)
    expect(await leads(visitor, '/vault/a')).toEqual([303, '/auth/reauthenticate?return_to=%2Fvault%2Fa&aal=2'])
    await letTimePass(gateway, person)
    const proof = { method: 'totp', code: totpCode(app.secret) }
    expect((await visitor.change('POST', '/auth/v1/reauthenticate', proof)).status).toBe(200)
    expect((await visitor.send('GET', '/vault/a')).status).toBe(200)
  })

  it('counts for tokens of this gateway', async () => {
    const person = await newPerson(gateway)
    const { access_token: token } = await tokenLogin(newVisitor(gateway), person)
    const ask = (): Promise<Response> =>
      newVisitor(gateway).send('GET', '/till/today', undefined, { authorization: `Bearer ${token}` })
    expect((await ask()).status).toBe(200)
    await letProofAge(person, 11)
    expect(told(await ask())).toEqual(asksFor('max_age="600"'))
  })

  it.each([
    ['of a moment ago', -60, 200],
    ['too long ago', -601, 401],
    ['that is yet to come', 3600, 401],
    ['that the token does not tell', undefined, 401],
  ])('takes a token of another issuer by its sign-in %s', async (_, seconds, status) => {
    const claims = {
      sub: `user|${status}|${seconds}`,
      auth_time: seconds === undefined ? undefined : inSeconds(seconds),
    }
    const headers = { authorization: `Bearer ${await issuer.token(claims)}` }
    const answer = await newVisitor(gateway).send('GET', '/till/today', undefined, headers)
    expect(answer.status).toBe(status)
    if (status === 401) expect(told(answer)).toEqual(asksFor('max_age="600"'))
    expect((await newVisitor(gateway).send('GET', '/private', undefined, headers)).status).toBe(200)
  })
})
