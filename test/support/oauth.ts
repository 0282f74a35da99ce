// A program that asks the gateway for tokens, as the tests play it.
import { createHash, randomBytes } from 'node:crypto'
import type { TestGateway } from './gateway.ts'
import { type Visitor, newAddress } from './visitor.ts'

export interface Tokens {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly refresh_token: string
  readonly scope: string
  readonly id_token?: string
}

/** A form to one of the endpoints of programs. `at` may be another front door. */
export function post(
  gateway: Pick<TestGateway, 'url'>,
  endpoint: 'token' | 'introspect' | 'revoke',
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${gateway.url}/auth/oauth/${endpoint}`, {
    method: 'POST',
    headers: { 'cf-connecting-ip': newAddress(), ...headers },
    body: new URLSearchParams(fields),
  })
}

export function refresh(gateway: Pick<TestGateway, 'url'>, token: string): Promise<Response> {
  return post(gateway, 'token', { grant_type: 'refresh_token', refresh_token: token })
}

export const basic = (id: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
})

export const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>

/** The one that made it knows the verifier. */
export function newPkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

export async function tokenLogin(
  visitor: Visitor,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<Tokens & { readonly session: { readonly id: string } }> {
  const answer = await visitor.send('POST', '/auth/v1/login', { email, password, mode: 'token' })
  if (answer.status !== 200) throw new Error(`login answered ${answer.status}`)
  return (await answer.json()) as Tokens & { session: { id: string } }
}
