// An application asks for a second factor (`acr_values`): whoever has one is asked for it, once, and `acr` says what became of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authenticator, enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import {
  type TestClient,
  type Tokens,
  authorizePath,
  claimsOf,
  newClient,
  newPkce,
  redeem,
  sentTo,
} from '../support/oauth.ts'
import { getAnswer } from '../../tools/dev/passkey-device.ts'
import { enrolPasskey, questionFor } from '../support/passkey.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let client: TestClient
beforeAll(async () => {
  const routes = [{ path: '/private', require: { roles: [], aal: 2 } }, ...shippedConfig.routes]
  gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, routes }) })
  client = await newClient(gateway)
})
afterAll(() => gateway.stop())

const { verifier, challenge } = newPkce()
const ask = (fields: Readonly<Record<string, string>>): string =>
  authorizePath(client.id, { code_challenge: challenge, ...fields })

async function tokensFor(visitor: Visitor, path: string): Promise<Tokens> {
  const { code = '' } = sentTo(await visitor.open(path)).query
  const answer = await redeem(gateway, client, { code, code_verifier: verifier })
  if (answer.status !== 200) throw new Error(`the token endpoint answered ${answer.status}`)
  return (await answer.json()) as Tokens
}

const idOf = ({ id_token: token = '' }: Tokens): Record<string, unknown> => claimsOf(token)

/** Signed in an hour ago, by one factor: before the factor was there, as far as the record says. */
async function asBefore({ userId }: Person): Promise<void> {
  await gateway.sql(
    "update sessions set aal = 1, amr = '{pwd}', auth_time = auth_time - interval '1 hour' where user_id = $1",
    [userId],
  )
  await gateway.workerd.restart()
}

async function withApp(): Promise<Person & { readonly app: Authenticator }> {
  const person = await newPerson(gateway)
  const app = await enrol(person.visitor)
  await letTimePass(gateway, person)
  await asBefore(person)
  return { ...person, app }
}

/** The page a browser was sent to, and where that page leads. */
function pageOf(answer: Response): { readonly path: string; readonly aal: string | null; readonly returnTo: string } {
  const url = new URL(answer.headers.get('location') ?? '', gateway.url)
  return { path: url.pathname, aal: url.searchParams.get('aal'), returnTo: url.searchParams.get('return_to') ?? '' }
}

describe('an application that wants a second factor', () => {
  it('gets it of somebody with an authenticator app, and a token that opens what one factor does not', async () => {
    const { visitor, app } = await withApp()
    const weak = await tokensFor(visitor, ask({}))
    expect(idOf(weak)).toMatchObject({ acr: 'aal1', amr: ['pwd'] })
    const open = (token: string): Promise<Response> =>
      newVisitor(gateway).send('GET', '/private', undefined, { authorization: `Bearer ${token}` })
    const refused = await open(weak.access_token)
    const [, wish = ''] = /acr_values="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? []
    expect([refused.status, wish]).toEqual([401, 'aal2'])

    const page = pageOf(await visitor.open(ask({ acr_values: wish })))
    expect([page.path, page.aal]).toEqual(['/auth/reauthenticate', '2'])
    expect(await (await visitor.open(`${page.path}?aal=2`)).text()).toContain('name="code"')
    const proven = await visitor.submit('/auth/reauthenticate', {
      code: totpCode(app.secret),
      return_to: page.returnTo,
    })
    expect(proven.headers.get('location')).toBe(page.returnTo)
    const strong = await tokensFor(visitor, page.returnTo)
    expect(idOf(strong)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] })
    expect((await open(strong.access_token)).status).toBe(200)
    expect(idOf(await tokensFor(visitor, ask({ acr_values: 'aal2', prompt: 'none' })))['acr']).toBe('aal2')
  })

  it('gets it of somebody with a passkey who signed in with a password', async () => {
    const person = await newPerson(gateway)
    const passkey = await enrolPasskey(person.visitor, gateway.url)
    const visitor = await signInAgain(gateway, person)
    const page = pageOf(await visitor.open(ask({ acr_values: 'aal2' })))
    expect([page.path, page.aal]).toEqual(['/auth/reauthenticate', '2'])
    const question = await questionFor(visitor, { about: 'proof' })
    const response = getAnswer(passkey, question)
    await visitor.change('POST', '/auth/v1/reauthenticate', {
      method: 'passkey',
      challenge_id: question.challenge_id,
      response,
    })
    expect(idOf(await tokensFor(visitor, page.returnTo))['acr']).toBe('aal2')
  })

  it('hears login_required of somebody who may not be asked and could prove it', async () => {
    const { visitor } = await withApp()
    const silent = (acr: string): Promise<Response> => visitor.open(ask({ acr_values: acr, prompt: 'none' }))
    expect(sentTo(await silent('aal2')).query).toMatchObject({ error: 'login_required', state: 'st' })
    // What would do as well is what there is.
    expect(sentTo(await silent('aal2 aal1')).query).toHaveProperty('code')
  })

  it('gets what there is of somebody without a second factor: it is a wish', async () => {
    const { visitor } = await newPerson(gateway)
    for (const fields of [{}, { prompt: 'none' }])
      expect(idOf(await tokensFor(visitor, ask({ acr_values: 'aal2', ...fields })))['acr']).toBe('aal1')
  })

  it.each(['aal1', 'aal1 aal2', 'urn:mace:incommon:iap:silver', '', ' '])('asks nobody for it by %j', async (acr) => {
    const person = await newPerson(gateway)
    await enrolPasskey(person.visitor, gateway.url)
    const visitor = await signInAgain(gateway, person)
    expect(idOf(await tokensFor(visitor, ask({ acr_values: acr })))['acr']).toBe('aal1')
  })

  it('has nobody asked for ever: a proof since, whatever it came to, is the answer', async () => {
    const person = await withApp()
    const { visitor } = person
    const { returnTo } = pageOf(await visitor.open(ask({ acr_values: 'aal2' })))
    // Not without any.
    expect(pageOf(await visitor.open(returnTo)).path).toBe('/auth/reauthenticate')
    await gateway.sql('update sessions set auth_time = now() where user_id = $1', [person.userId])
    await gateway.workerd.restart()
    expect(idOf(await tokensFor(visitor, returnTo))['acr']).toBe('aal1')
    // And another request is another wish.
    expect(pageOf(await visitor.open(ask({ acr_values: 'aal2' }))).path).toBe('/auth/reauthenticate')
  })

  it('and a sign-in of now gets both, one after the other', async () => {
    const person = await newPerson(gateway)
    const passkey = await enrolPasskey(person.visitor, gateway.url)
    const visitor = newVisitor(gateway)
    const login = pageOf(await visitor.open(ask({ acr_values: 'aal2', prompt: 'login' })))
    expect(login.path).toBe('/auth/login')
    await visitor.open(login.path)
    const { email, password } = person
    await visitor.submit('/auth/login', { email, password, return_to: login.returnTo })
    const proof = pageOf(await visitor.open(login.returnTo))
    expect(proof.path).toBe('/auth/reauthenticate')
    const question = await questionFor(visitor, { about: 'proof' })
    const response = getAnswer(passkey, question)
    await visitor.change('POST', '/auth/v1/reauthenticate', {
      method: 'passkey',
      challenge_id: question.challenge_id,
      response,
    })
    expect(idOf(await tokensFor(visitor, proof.returnTo))['acr']).toBe('aal2')
  })
})
