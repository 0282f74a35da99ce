// Tokens are signed with the keys that `npm run secrets` makes when nobody says how large: RSA of 4096 bits.
import { type JSONWebKeySet, createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSecrets } from '../../tools/dev/environment.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Tokens, basic, newClient, post, refresh, tokenLogin } from '../support/oauth.ts'
import { newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ bindings: { ...(await createSecrets()) } })
}, 120_000)
afterAll(() => gateway.stop())

describe('keys as large as they are made', () => {
  it('sign what opens the site, is refreshed and introspected, and is verified from the published half', async () => {
    const keys = (await (await fetch(`${gateway.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet
    const sizes = keys.keys
      .filter(({ kty }) => kty === 'RSA')
      .map(({ n }) => Buffer.from(n ?? '', 'base64url').length * 8)
    expect(sizes).toEqual([4096, 4096])
    const person = await newPerson(gateway)
    const service = await newClient(gateway)
    const first = await tokenLogin(newVisitor(gateway), person)
    const second = (await (await refresh(gateway, first.refresh_token)).json()) as Tokens
    for (const { access_token: token } of [first, second]) {
      const { payload } = await jwtVerify(token, createLocalJWKSet(keys), { issuer: gateway.url, typ: 'at+jwt' })
      expect(payload.sub).toBe(person.userId)
      const at = (bearer: string) =>
        newVisitor(gateway).send('GET', '/private', undefined, { authorization: `Bearer ${bearer}` })
      expect((await at(token)).status).toBe(200)
      const middle = token.lastIndexOf('.') + 300
      const broken = `${token.slice(0, middle)}${token[middle] === 'A' ? 'B' : 'A'}${token.slice(middle + 1)}`
      expect((await at(broken)).status).toBe(401)
      const asked = await post(gateway, 'introspect', { token }, basic(service.id, service.secret))
      expect(await asked.json()).toMatchObject({ active: true, sub: person.userId })
    }
  })
})
