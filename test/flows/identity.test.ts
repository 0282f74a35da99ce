import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NotVerified, verifyRequest } from '../../sdk/node/verify-request.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newPerson } from '../support/people.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let person: Person
beforeAll(async () => {
  gateway = await startGateway()
  person = await newPerson(gateway)
})
afterAll(() => gateway.stop())

/** What the origin received, by its own account. */
async function received(visitor: Visitor, path = '/headers'): Promise<Headers> {
  const { headers } = (await (await visitor.send('GET', path)).json()) as { headers: [string, string][] }
  return new Headers(headers)
}

describe('the assertion', () => {
  it('is accepted by the verifier for origins and says who it is', async () => {
    const identity = await verifyRequest(await received(person.visitor), { issuer: gateway.url, audience: 'site' })
    expect(identity).toMatchObject({
      sub: person.userId,
      email: person.email,
      email_verified: true,
      name: 'Test Person',
      roles: [],
      acr: 'aal1',
    })
  })

  it('is refused for another audience and from another issuer', async () => {
    const headers = await received(person.visitor)
    const wrong = [
      { issuer: gateway.url, audience: 'other' },
      { issuer: 'https://other.example', audience: 'site', jwksUrl: `${gateway.url}/.well-known/jwks.json` },
    ]
    for (const options of wrong) await expect(verifyRequest(headers, options)).rejects.toBeInstanceOf(NotVerified)
  })

  it('lives for 60 seconds, has a type of its own, and is used again for the next request', async () => {
    const [first, second] = [await received(person.visitor), await received(person.visitor)]
    const token = first.get('x-portcullis-assertion') ?? ''
    const { iat = 0, exp, aud, iss, jti } = decodeJwt(token)
    expect({ life: (exp ?? 0) - iat, aud, iss }).toEqual({ life: 60, aud: 'site', iss: gateway.url })
    expect(jti).toMatch(/^[\w-]{22}$/)
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', typ: 'portcullis-assertion+jwt' })
    expect(second.get('x-portcullis-assertion')).toBe(token)
  })

  it('is not there when nobody is signed in', async () => {
    const answer = await newVisitor(gateway).send('GET', '/public/headers')
    expect(await answer.text()).not.toContain('x-portcullis-assertion')
  })

  it('the published keys hold no private part', async () => {
    const answer = await fetch(`${gateway.url}/.well-known/jwks.json`)
    const { keys } = (await answer.json()) as { keys: Record<string, string>[] }
    const [assertions, tokens] = [
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    ]
    expect(keys.map((key) => Object.keys(key).toSorted())).toEqual([assertions, tokens, tokens])
    expect(answer.headers.get('cache-control')).toContain('max-age')
  })

  it('follows a role within the time a proven session is renewed', async () => {
    const other = await newPerson(gateway)
    await gateway.sql(`update users set roles = '{admin}' where id = $1`, [other.userId])
    // A new session is read from the database at once.
    const again = newVisitor(gateway)
    await again.send('POST', '/auth/v1/login', { email: other.email, password: other.password })
    expect((await again.send('GET', '/admin')).status).toBe(200)
    expect((await received(again)).get('x-auth-roles')).toBe('admin')
  })
})
