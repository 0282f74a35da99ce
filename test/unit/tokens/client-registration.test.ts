// The keys a program may be registered with: those of an issuer would have to be as good.
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { clientRegistration } from '../../../src/tokens/client-registration.ts'
import { badKeyDocuments } from '../../support/bad-key-sets.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
const good = { ...rsa, kid: 'good' }

/** The fields that are refused; none: it is registered. */
function refusedFields(jwks: unknown): string[] {
  const client = { id: 'wiki', name: 'Wiki', authMethod: 'private_key_jwt', jwks, redirectUris: ['https://w.example/'] }
  const parsed = clientRegistration.safeParse(client)
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'))
}

describe('the keys of a program that signs its assertions', () => {
  it.each([
    ['RSA of 2048 bits', good],
    ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })],
    ['Ed25519', generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })],
  ])('are taken: %s', (_, key) => {
    expect(refusedFields({ keys: [key] })).toEqual([])
  })

  it('are refused whole where one is worth nothing', () => {
    for (const [name, document] of Object.entries(badKeyDocuments(good)))
      expect([name, refusedFields(document)]).toEqual([name, ['jwks']])
  })

  it.each([
    ['another curve', generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })],
    ['a curve for key agreement', generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })],
    ['a point that is too short', { kty: 'EC', crv: 'P-256', x: 'AQ', y: 'AQ' }],
    ['a use that is encryption', { ...good, use: 'enc' }],
    ['operations without verifying', { ...good, key_ops: ['encrypt'] }],
    ['the type of another key', { ...good, kty: 'EC' }],
    ['no type', { n: good.n, e: good.e }],
  ])('are refused for %s', (_, key) => {
    expect(refusedFields({ keys: [key] })).toEqual(['jwks'])
  })

  it('belong to programs that sign, and to no others', () => {
    const client = { id: 'wiki', name: 'Wiki', redirectUris: ['https://w.example/'] }
    const isTaken = (fields: object): boolean => clientRegistration.safeParse({ ...client, ...fields }).success
    expect(isTaken({ authMethod: 'private_key_jwt' })).toBe(false)
    expect(isTaken({ authMethod: 'none', jwks: { keys: [good] } })).toBe(false)
    expect(isTaken({ authMethod: 'private_key_jwt', jwks: { keys: [good] } })).toBe(true)
  })
})
