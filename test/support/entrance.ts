// Somebody who comes in by one way or another, and what comes of it.
import { expect } from 'vitest'
import type { TestGateway } from './gateway.ts'
import type { TestProvider } from './identity-provider.ts'
import { goodPassword, mailTo, newEmail } from './people.ts'
import { type Visitor, newVisitor } from './visitor.ts'

export interface Somebody {
  readonly email: string
  readonly userId: string
  /** Signed in by password, before anything happened to the account. */
  visitor: Visitor
  readonly signUp: { readonly token: string; readonly code: string }
  number: string | null
  /** Proves the factor to a login that waits for it; null where there is none to ask for. */
  prove: ((token: string) => Promise<Response>) | null
}

export interface World {
  readonly gateway: TestGateway
  readonly provider: TestProvider
  /** Whom the site's own login lets in, with this password. */
  readonly members: Map<string, string>
}

/** Who has asked for an answer: what they may do with it is a part of what it is worth. */
const askers = new WeakMap<Response, Visitor>()

export async function post(
  { gateway }: World,
  path: string,
  body: object,
  visitor = newVisitor(gateway),
): Promise<Response> {
  const answer = await visitor.send('POST', path, body)
  askers.set(answer, visitor)
  return answer
}

/** A machine that is busy says so (503), and may be asked again. */
async function accepted(status: number, ask: () => Promise<Response>): Promise<void> {
  await expect.poll(async () => (await ask()).status, { timeout: 20_000, interval: 1000 }).toBe(status)
}

/** Signed up with a password, and signed in by it; the address is taken for confirmed, and the question whether it is still open. */
export async function newSomebody({ gateway }: World): Promise<Somebody> {
  const [email, visitor] = [newEmail(), newVisitor(gateway)]
  await accepted(202, () => visitor.send('POST', '/auth/v1/signup', { email, password: goodPassword }))
  const signUp = await mailTo(gateway, email)
  const [row] = await gateway.sql('select id from users where email = $1', [email])
  const userId = String(row?.['id'])
  await gateway.sql('update users set email_verified_at = now() where id = $1', [userId])
  await accepted(200, () => visitor.send('POST', '/auth/v1/login', { email, password: goodPassword }))
  return { email, userId, visitor, signUp, number: null, prove: null }
}

export type Told = { status: string | number; code?: string; mfa_token?: string; user?: { id: string } }

/** Who is in, or what stands in the way; where a second factor does, also what comes of proving it. */
export async function outcomeOf(who: Somebody, answer: Response): Promise<string> {
  const body = (await answer.json()) as Told
  if (answer.status !== 200) return `${answer.status} ${body.code ?? ''}`
  if (body.status === 'mfa_required') return second(who, body.mfa_token ?? '')
  return body.status === 'signed_in' ? inAs(who, askers.get(answer) ?? who.visitor) : String(body.status)
}

/** By what the session is good for, whatever the answer said. */
export async function inAs({ userId }: Somebody, visitor: Visitor): Promise<string> {
  const answer = await visitor.send('GET', '/auth/v1/session')
  const { user } = (await answer.json()) as Told
  if (answer.status !== 200) return 'signed_in, to no avail'
  return user?.id === userId ? 'signed_in' : 'signed_in as somebody else'
}

export async function second(who: Somebody, token: string): Promise<string> {
  if (who.prove === null) return 'mfa_required, and nothing to prove'
  return `mfa_required, ${await outcomeOf(who, await who.prove(token))}`
}
