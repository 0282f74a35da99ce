// An application asks for a code: who is asked what first, where answers may go, and what a code is good for.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import {
  type TestClient,
  type Tokens,
  authorizePath,
  authorizedTokens,
  callback,
  claimsOf,
  newClient,
  newPkce,
  redeem,
  refresh,
  sentTo,
} from '../support/oauth.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let person: Person
let own: TestClient
let foreign: TestClient
beforeAll(async () => {
  gateway = await startGateway()
  person = await newPerson(gateway)
  own = await newClient(gateway)
  foreign = await newClient(gateway, { isFirstParty: false, name: 'Foreign Wiki' })
})
afterAll(() => gateway.stop())

const { verifier, challenge } = newPkce()
const ask = (client: TestClient, fields: Readonly<Record<string, string | null>> = {}): string =>
  authorizePath(client.id, { code_challenge: challenge, ...fields })

async function freshCode(client: TestClient, visitor: Visitor = person.visitor): Promise<string> {
  return sentTo(await visitor.open(ask(client))).query['code'] ?? ''
}

const events = (type: string, userId: string): Promise<Record<string, unknown>[]> =>
  gateway.sql('select details from audit_events where type = $1 and user_id = $2', [type, userId])

describe('an authorization request', () => {
  it('of a client of the site’s own is answered at once: code, state and issuer, at the registered address', async () => {
    const answer = await person.visitor.open(ask(own))
    expect(answer.status).toBe(303)
    expect(sentTo(answer)).toEqual({
      address: callback,
      query: { code: expect.stringMatching(/^[\w-]{43}$/) as string, state: 'st', iss: gateway.url },
    })
  })

  it.each([
    ['another path', 'https://app.example/callback2'],
    ['a longer path', 'https://app.example/callback/x'],
    ['a query', 'https://app.example/callback?x=1'],
    ['a fragment', 'https://app.example/callback#x'],
    ['another host', 'https://app.example.evil.example/callback'],
    ['user information', 'https://app.example@evil.example/callback'],
    ['a host after a fragment', 'https://evil.example#@app.example/callback'],
    ['a port', 'https://app.example:443/callback'],
    ['another scheme', 'http://app.example/callback'],
    ['dots', 'https://app.example/x/../callback'],
    ['capitals', 'https://APP.example/callback'],
    ['an encoded letter', 'https://app.example/%63allback'],
    ['a backslash', 'https://app.example\\@evil.example/callback'],
    ['a script', 'javascript:alert(1)'],
    ['nothing', ''],
  ])('with an address that differs by %s sends nobody anywhere', async (_, address) => {
    const answer = await person.visitor.open(ask(own, { redirect_uri: address }))
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
  })

  it('with two addresses, an unknown client or none sends nobody anywhere', async () => {
    const twice = `${ask(own)}&redirect_uri=${encodeURIComponent('https://evil.example/')}`
    const paths = [
      twice,
      ask({ id: 'nobody', secret: '' }),
      ask(own, { client_id: null }),
      `${ask(own)}&client_id=${foreign.id}`,
    ]
    for (const path of paths) {
      const answer = await person.visitor.open(path)
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
    }
  })

  it.each([
    ['no challenge', { code_challenge: null }, 'invalid_request'],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['no method', { code_challenge_method: null }, 'invalid_request'],
    ['an empty challenge', { code_challenge: '' }, 'invalid_request'],
    ['a token instead of a code', { response_type: 'token' }, 'unsupported_response_type'],
    ['code and token', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['no response type', { response_type: null }, 'invalid_request'],
    ['a fragment as response mode', { response_mode: 'fragment' }, 'invalid_request'],
    ['a request object', { request: 'e30.e30.' }, 'invalid_request'],
    ['no scope that may be given', { scope: 'admin' }, 'invalid_scope'],
    ['no scope', { scope: null }, 'invalid_scope'],
    ['an unknown prompt', { prompt: 'always' }, 'invalid_request'],
    ['none and login', { prompt: 'none login' }, 'invalid_request'],
    ['an odd max_age', { max_age: '-1' }, 'invalid_request'],
  ])('with %s is sent back with an error', async (_, fields, error) => {
    const { address, query } = sentTo(await person.visitor.open(ask(own, fields)))
    expect(address).toBe(callback)
    expect(query).toMatchObject({ error, state: 'st', iss: gateway.url })
    expect(query).not.toHaveProperty('code')
  })

  it('gives no more scope than the client is registered for', async () => {
    const narrow = await newClient(gateway, { scopes: ['openid'] })
    const tokens = await authorizedTokens(gateway, person.visitor, narrow, 'openid email roles offline_access')
    expect(tokens.scope).toBe('openid')
    expect(claimsOf(tokens.id_token ?? '')).not.toHaveProperty('email')
  })
})

describe('somebody who is not signed in', () => {
  it('signs in first, and comes back to the same request', async () => {
    const visitor = newVisitor(gateway)
    const first = await visitor.open(ask(own))
    expect(first.status).toBe(303)
    const login = new URL(first.headers.get('location') ?? '', gateway.url)
    expect(login.pathname).toBe('/auth/login')
    const returnTo = login.searchParams.get('return_to') ?? ''
    expect((await visitor.open(login.pathname + login.search)).status).toBe(200)
    const fields = { email: person.email, password: person.password, return_to: returnTo }
    const signedIn = await visitor.submit('/auth/login', fields)
    expect(signedIn.headers.get('location')).toBe(returnTo)
    expect(sentTo(await visitor.open(returnTo)).query).toMatchObject({
      state: 'st',
      code: expect.any(String) as string,
    })
  })

  it('is never shown a page when the application said so', async () => {
    const { query } = sentTo(await newVisitor(gateway).open(ask(own, { prompt: 'none' })))
    expect(query).toMatchObject({ error: 'login_required', state: 'st' })
  })
})

describe('an application that wants a sign-in of now', () => {
  it.each([
    ['prompt=login', { prompt: 'login' }],
    ['max_age=0', { max_age: '0' }],
  ])('gets one by %s, and no loop', async (_, fields) => {
    const visitor = await signInAgain(gateway, person)
    await gateway.sql("update sessions set auth_time = auth_time - interval '1 hour' where user_id = $1", [
      person.userId,
    ])
    await gateway.workerd.restart()
    const first = await visitor.open(ask(own, fields))
    const login = new URL(first.headers.get('location') ?? '', gateway.url)
    expect(login.pathname).toBe('/auth/login')
    // The page is there although somebody is signed in.
    expect((await visitor.open(login.pathname + login.search)).status).toBe(200)
    const returnTo = login.searchParams.get('return_to') ?? ''
    expect(sentTo(await visitor.open(returnTo)).query).not.toHaveProperty('code')
    await visitor.submit('/auth/login', { email: person.email, password: person.password, return_to: returnTo })
    expect(sentTo(await visitor.open(returnTo)).query).toHaveProperty('code')
  })

  it('is told login_required when nobody may be asked', async () => {
    const visitor = await signInAgain(gateway, person)
    const [{ id } = {}] = await gateway.sql('select id from sessions where user_id = $1 order by created_at desc', [
      person.userId,
    ])
    await gateway.sql("update sessions set auth_time = auth_time - interval '1 hour' where id = $1", [id])
    const { query } = sentTo(await visitor.open(ask(own, { prompt: 'none', max_age: '60' })))
    expect(query).toMatchObject({ error: 'login_required' })
  })
})

describe('an application of others', () => {
  const request = (fields: Readonly<Record<string, string>> = {}): string => ask(foreign, fields).split('?')[1] ?? ''

  it('gets a code only after the person said yes, who is asked once', async () => {
    const other = await newPerson(gateway)
    const page = await other.visitor.open(ask(foreign))
    expect([page.status, page.headers.get('location')]).toEqual([200, null])
    const html = await page.text()
    expect(html).toContain('Allow Foreign Wiki?')
    expect(html).toContain(other.email)
    expect(html).toContain('see your email address')
    expect(sentTo(await other.visitor.open(ask(foreign, { prompt: 'none' }))).query).toMatchObject({
      error: 'consent_required',
    })
    const allowed = await other.visitor.submit('/auth/oauth/consent', { request: request(), decision: 'allow' })
    // Not by a redirect: browsers would hold it to the policy of the page with the form.
    expect(allowed.status).toBe(200)
    expect(allowed.headers.get('refresh')).toMatch(
      /^0; url=https:\/\/app\.example\/callback\?code=[\w-]{43}&state=st&iss=/,
    )
    expect(allowed.headers.get('content-security-policy')).toContain("form-action 'self'")
    expect(sentTo(await other.visitor.open(ask(foreign))).query).toHaveProperty('code')
    expect((await other.visitor.open(ask(foreign, { prompt: 'consent' }))).status).toBe(200)
    expect(await events('consent.given', other.userId)).toEqual([
      { details: { client: foreign.id, scope: 'openid profile email' } },
    ])
  })

  it('asks again for what it was not allowed before', async () => {
    const other = await newPerson(gateway)
    await other.visitor.open(ask(foreign, { scope: 'openid' }))
    await other.visitor.submit('/auth/oauth/consent', { request: request({ scope: 'openid' }), decision: 'allow' })
    expect(sentTo(await other.visitor.open(ask(foreign, { scope: 'openid' }))).query).toHaveProperty('code')
    const more = await other.visitor.open(ask(foreign, { scope: 'openid email' }))
    expect([more.status, (await more.text()).includes('see your email address')]).toEqual([200, true])
  })

  it('hears access_denied after a no, and nothing is remembered', async () => {
    const other = await newPerson(gateway)
    await other.visitor.open(ask(foreign))
    const denied = await other.visitor.submit('/auth/oauth/consent', { request: request(), decision: 'deny' })
    expect(denied.headers.get('refresh')).toContain('error=access_denied')
    expect((await other.visitor.open(ask(foreign))).status).toBe(200)
  })

  it('gets no yes from another site’s page, nor by a request that was tampered with', async () => {
    const other = await newPerson(gateway)
    await other.visitor.open(ask(foreign))
    const stolen = await other.visitor.submit('/auth/oauth/consent', {
      request: request({ redirect_uri: 'https://evil.example/' }),
      decision: 'allow',
    })
    expect([stolen.status, stolen.headers.get('refresh')]).toEqual([400, null])
    const forged = await other.visitor.submit('/auth/oauth/consent', {
      request: request(),
      decision: 'allow',
      csrf_token: 'forged',
    })
    expect(forged.status).toBe(403)
    expect((await other.visitor.open(ask(foreign))).status).toBe(200)
  })

  it('has tokens that ask about the person and do not open the site', async () => {
    const other = await newPerson(gateway)
    await other.visitor.open(ask(foreign))
    await other.visitor.submit('/auth/oauth/consent', { request: request(), decision: 'allow' })
    const tokens = await authorizedTokens(gateway, other.visitor, foreign)
    expect(claimsOf(tokens.access_token)).toMatchObject({ aud: `${gateway.url}/userinfo`, client_id: foreign.id })
    expect(claimsOf(tokens.access_token)).not.toHaveProperty('roles')
  })
})

describe('a code', () => {
  const valid = (code: string) => ({ code, code_verifier: verifier })
  const refused = async (answer: Response): Promise<void> =>
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([400, 'invalid_grant'])

  it('is bound to its client, its address and its verifier, and stays good for the right one', async () => {
    const code = await freshCode(own)
    await refused(await redeem(gateway, foreign, valid(code)))
    await refused(await redeem(gateway, own, { ...valid(code), code_verifier: newPkce().verifier }))
    await refused(await redeem(gateway, own, { ...valid(code), redirect_uri: 'https://app.example/other' }))
    await refused(await redeem(gateway, own, valid(code.slice(0, -1))))
    expect((await redeem(gateway, own, valid(code))).status).toBe(200)
  })

  const endReason = async (sid: unknown): Promise<unknown> =>
    (await gateway.sql('select end_reason from sessions where id = $1', [sid]))[0]?.['end_reason']

  it('that comes again is refused, and takes back what it gave, not the browser’s session', async () => {
    const visitor = await signInAgain(gateway, person)
    const tokens = await authorizedTokens(gateway, visitor, own)
    const { code, verifier: its, refresh_token: token, access_token: access } = tokens
    await refused(await redeem(gateway, own, { code, code_verifier: its }))
    await refused(await refresh(gateway, token))
    const sid = claimsOf(access)['sid']
    expect(await endReason(sid)).toBe('authorization code replayed')
    expect((await visitor.send('GET', '/private')).status).toBe(200)
    const replays = await gateway.sql(
      "select user_id from audit_events where type = 'code.replayed' and session_id = $1",
      [sid],
    )
    expect(replays).toEqual([{ user_id: person.userId }])
  })

  it('is spent once by 200 who come at once; as the others are replays, what it gave does not last', async () => {
    const other = await newPerson(gateway)
    const code = await freshCode(own, other.visitor)
    const answers = await Promise.all(Array.from({ length: 200 }, () => redeem(gateway, own, valid(code))))
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
    expect(new Set(answers.map(({ status }) => status)).difference(new Set([200, 400, 503])).size).toBe(0)
    const redeemed = await gateway.sql(
      "select session_id from audit_events where type = 'code.redeemed' and user_id = $1",
      [other.userId],
    )
    expect(redeemed.length).toBe(1)
    expect(await endReason(redeemed[0]?.['session_id'])).toBe('authorization code replayed')
  })

  it('is good for a minute', async () => {
    const code = await freshCode(own)
    await gateway.sql(
      "update oauth_codes set expires_at = expires_at - interval '61 seconds' where consumed_at is null",
    )
    await refused(await redeem(gateway, own, valid(code)))
  })

  it('is worth nothing once the browser that got it is signed out', async () => {
    const visitor = await signInAgain(gateway, person)
    const code = await freshCode(own, visitor)
    await visitor.change('POST', '/auth/v1/logout')
    await refused(await redeem(gateway, own, valid(code)))
  })
})

describe('the session of an application', () => {
  it('is listed, and ends with the browser’s', async () => {
    const visitor = await signInAgain(gateway, person)
    const tokens = await authorizedTokens(gateway, visitor, own)
    const sid = claimsOf(tokens.access_token)['sid']
    const { items } = (await (await visitor.send('GET', '/auth/v1/sessions')).json()) as {
      items: { id: string; user_agent: string }[]
    }
    expect(items.find(({ id }) => id === sid)?.user_agent).toBe('Test Application')
    await visitor.change('POST', '/auth/v1/logout')
    const answer = await refresh(gateway, tokens.refresh_token)
    expect(answer.status).toBe(400)
  })

  it('stays when its browser ends all others, and goes when another browser does', async () => {
    const [here, there] = [await signInAgain(gateway, person), await signInAgain(gateway, person)]
    const client = await newClient(gateway, { authMethod: 'none' })
    const publicTokens = async (visitor: Visitor): Promise<Tokens> => {
      const code = sentTo(await visitor.open(ask(client))).query['code'] ?? ''
      const fields = { grant_type: 'authorization_code', client_id: client.id, redirect_uri: callback, ...valid(code) }
      const answer = await fetch(`${gateway.url}/auth/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams(fields),
      })
      return (await answer.json()) as Tokens
    }
    const valid = (code: string) => ({ code, code_verifier: verifier })
    const again = ({ refresh_token: token }: Tokens): Promise<Response> =>
      fetch(`${gateway.url}/auth/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'refresh_token', client_id: client.id, refresh_token: token }),
      })
    const [mine, theirs] = [await publicTokens(here), await publicTokens(there)]
    await here.change('POST', '/auth/v1/sessions/revoke-all-others')
    expect([(await again(mine)).status, (await again(theirs)).status]).toEqual([200, 400])
  })
})
