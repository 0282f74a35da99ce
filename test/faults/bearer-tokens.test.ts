// The database is away: who came with a token lately goes on, who is new is told when to try again.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestIssuer, audience, startIssuer } from '../support/issuer.ts'
import { newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'
import { timed } from '../support/within.ts'

let issuer: TestIssuer
let proxy: DatabaseProxy
let gateway: TestGateway

beforeAll(async () => {
  ;[issuer, proxy] = await Promise.all([startIssuer(), startDatabaseProxy()])
  const issuers = [{ issuer: issuer.url, jwksUrl: `${issuer.url}/keys`, audiences: [audience] }]
  gateway = await startGateway({
    bundle: bundleWith({ ...shippedConfig, issuers }),
    bindings: { DATABASE_ENDPOINT: proxy.url },
  })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([issuer.stop(), proxy.stop()])
})

const send = (token: string, path = '/private'): Promise<Response> =>
  newVisitor(gateway).send('GET', path, undefined, { authorization: `Bearer ${token}` })

describe('without the database', () => {
  it('a person who was here goes on, also with another token; one who was not is 503, and public pages are public', async () => {
    const known = await issuer.token({ sub: 'known' })
    expect((await send(known)).status).toBe(200)
    proxy.mode('refuse')
    expect((await send(known)).status).toBe(200)
    expect((await send(await issuer.token({ sub: 'known', jti: '2' }))).status).toBe(200)
    const { value, ms } = await timed(send(await issuer.token({ sub: 'new' })))
    expect([value.status, value.headers.get('retry-after')]).toEqual([503, '5'])
    expect(ms).toBeLessThan(2000)
    expect((await send(await issuer.token({ sub: 'new' }), '/public/x')).status).not.toBe(503)
    proxy.mode('pass')
    await expect
      .poll(async () => (await send(await issuer.token({ sub: 'new' }))).status, { timeout: 10_000 })
      .toBe(200)
  })

  it('an answer that got lost makes nobody twice', async () => {
    proxy.mode('cut-once', /insert into identities/)
    expect((await send(await issuer.token({ sub: 'cut' }))).status).toBe(200)
    const rows = await gateway.sql(
      "select u.id from users u join identities i on i.user_id = u.id where i.subject like '%#cut'",
    )
    expect(rows).toHaveLength(1)
    const events = await gateway.sql("select 1 from audit_events where type = 'user.created' and user_id = $1", [
      rows[0]?.['id'],
    ])
    expect(events).toHaveLength(1)
  })

  it('a cookie that nobody can judge is 503, whatever token comes along, and nobody is signed out', async () => {
    const { visitor } = await newPerson(gateway)
    await gateway.workerd.restart()
    const known = await issuer.token({ sub: 'known' })
    expect((await send(known)).status).toBe(200)
    proxy.mode('refuse')
    try {
      expect((await send(known)).status).toBe(200)
      for (const token of [known, 'of-the-site']) {
        const both = (method: string, path: string): Promise<Response> =>
          visitor.send(method, path, undefined, { authorization: `Bearer ${token}` })
        expect([token, (await both('GET', '/private')).status]).toEqual([token, 503])
        const answer = await both('POST', '/auth/v1/logout')
        expect([token, answer.status, answer.headers.getSetCookie()]).toEqual([token, 503, []])
      }
    } finally {
      proxy.mode('pass')
    }
    await expect.poll(async () => (await visitor.send('GET', '/private')).status, { timeout: 10_000 }).toBe(200)
  })
})
