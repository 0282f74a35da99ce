// A client that holds a key and proves it (RFC 9449): proofs as they should be, and with whatever a test wants wrong.
import { createHash, randomUUID } from 'node:crypto'
import { type CryptoKey, SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { TestGateway } from './gateway.ts'
import { newAddress } from './visitor.ts'

export interface Holder {
  readonly algorithm: string
  readonly key: CryptoKey
  /** The public half. */
  readonly jwk: Record<string, unknown>
  readonly jkt: string
}

export async function newHolder(algorithm = 'ES256'): Promise<Holder> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true, modulusLength: 2048 })
  const jwk = await exportJWK(publicKey)
  return { algorithm, key: privateKey, jwk: { ...jwk }, jkt: await calculateJwkThumbprint(jwk) }
}

export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('base64url')

export interface ProofParts {
  /** Members that are undefined are left out. */
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
}

const given = (members: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

export async function makeProof(
  by: Holder,
  target: { readonly method: string; readonly url: string; readonly token?: string; readonly nonce?: string },
  { header = {}, claims = {} }: ProofParts = {},
): Promise<string> {
  const { method, url, token, nonce } = target
  const ath = token === undefined ? undefined : tokenHash(token)
  const all = { jti: randomUUID(), htm: method, htu: url, iat: Math.floor(Date.now() / 1000), ath, nonce, ...claims }
  const protectedHeader = { alg: by.algorithm, typ: 'dpop+jwt', jwk: by.jwk, ...header }
  return new SignJWT(given(all)).setProtectedHeader({ alg: '', ...given(protectedHeader) }).sign(by.key)
}

/** As a client learns it: from the answer to a proof that has none. */
export async function nonceOf(gateway: Pick<TestGateway, 'url'>): Promise<string> {
  const url = `${gateway.url}/auth/oauth/token`
  const dpop = await makeProof(await newHolder(), { method: 'POST', url })
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x' })
  const answer = await fetch(url, { method: 'POST', headers: { 'cf-connecting-ip': newAddress(), dpop }, body })
  return answer.headers.get('dpop-nonce') ?? ''
}
