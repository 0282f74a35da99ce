// What the gateway signs, verified by libraries nobody here wrote, from nothing but the published keys: `jose`, and the
// `jsonwebtoken` of Rust, which shares no code with it.
import { createPublicKey } from 'node:crypto'
import { type JSONWebKeySet, createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestClient, authorizedTokens, newClient } from '../support/oauth.ts'
import { type Person, newPerson } from '../support/people.ts'
import { rustJwt } from '../support/rust-jwt.ts'

let gateway: TestGateway
let person: Person
let client: TestClient
let keys: JSONWebKeySet
const signed: Record<string, string> = {}

beforeAll(async () => {
  gateway = await startGateway()
  ;[person, client] = [await newPerson(gateway), await newClient(gateway)]
  const tokens = await authorizedTokens(gateway, person.visitor, client)
  const echoed = (await (await person.visitor.send('GET', '/headers')).json()) as { headers: [string, string][] }
  signed['access token'] = tokens.access_token
  signed['ID token'] = tokens.id_token ?? ''
  signed['assertion'] = new Headers(echoed.headers).get('x-portcullis-assertion') ?? ''
  keys = (await (await fetch(`${gateway.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet
})
afterAll(() => gateway.stop())

interface Expected {
  readonly algorithm: 'RS256' | 'ES256'
  readonly audience: () => string
}
type Verify = (token: string, expected: Expected) => Promise<Readonly<Record<string, unknown>>>

const verifiers: Readonly<Record<string, Verify>> = {
  jose: async (token, { algorithm, audience }) => {
    const rules = { issuer: gateway.url, audience: audience(), algorithms: [algorithm] }
    return (await jwtVerify(token, createLocalJWKSet(keys), rules)).payload
  },
  'jsonwebtoken of Rust': async (token, { algorithm, audience }) => {
    if (rustJwt === null) throw new Error('not built for this platform')
    const { keyId } = rustJwt.decodeHeader(token)
    const jwk = keys.keys.find(({ kid }) => kid === keyId)
    if (jwk === undefined) throw new Error('a key that is not published')
    const pem = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    return rustJwt.verify(token, pem, {
      algorithms: [algorithm],
      iss: [gateway.url],
      aud: [audience()],
      requiredSpecClaims: ['exp', 'iss', 'aud', 'sub'],
      leeway: 0,
    })
  },
}

const kinds: readonly (readonly [string, Expected])[] = [
  ['access token', { algorithm: 'RS256', audience: () => gateway.url }],
  ['ID token', { algorithm: 'RS256', audience: () => client.id }],
  ['assertion', { algorithm: 'ES256', audience: () => 'site' }],
]

/** With another character somewhere in the middle of the signature, which no padding bits can excuse. */
const broken = (token: string): string => {
  const at = token.lastIndexOf('.') + 20
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
}

describe.each(Object.entries(verifiers))('%s', (verifier, verifying) => {
  const isHere = verifier === 'jose' || rustJwt !== null
  it.skipIf(!isHere).each(kinds)('verifies an %s from the published keys', async (name, expected) => {
    const token = signed[name] ?? ''
    expect(await verifying(token, expected)).toMatchObject({ iss: gateway.url, sub: person.userId })
    await expect(verifying(broken(token), expected)).rejects.toThrow(/signature/i)
    await expect(verifying(token, { ...expected, audience: () => 'another' })).rejects.toThrow(/aud/i)
  })
})
