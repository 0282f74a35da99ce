// People to test with: signed up, confirmed and signed in through the front door, as anybody would be.
import { randomBytes } from 'node:crypto'
import type { TestGateway } from './gateway.ts'
import { type Visitor, newVisitor } from './visitor.ts'

export interface Person {
  readonly email: string
  readonly password: string
  readonly userId: string
  readonly visitor: Visitor
}

export const goodPassword = 'correct horse battery staple'

export function newEmail(): string {
  return `person-${randomBytes(6).toString('hex')}@example.com`
}

/** A subject as the texts spell it, whatever the site is called. */
export const subjectOf = (template: string): RegExp =>
  new RegExp(`^${template.split('{')[0]?.replace(/[.?]/g, '\\$&') ?? ''}`)

/** The newest message to an address, about something if that is given; waits, as mail is sent after the answer. */
export async function mailTo(
  gateway: TestGateway,
  email: string,
  about = /./,
): Promise<{ link: string; token: string; code: string; subject: string }> {
  for (let round = 0; round < 200; round += 1) {
    const message = gateway.mail
      .messages()
      .findLast((candidate) => [candidate.to].flat().includes(email) && about.test(candidate.subject))
    if (message !== undefined) {
      const link = /https?:\/\/\S+/.exec(message.text)?.[0] ?? ''
      const code = /^\d{6}$/m.exec(message.text)?.[0] ?? ''
      return { link, token: new URL(link).searchParams.get('token') ?? '', code, subject: message.subject }
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('no mail came')
}

export async function newPerson(gateway: TestGateway): Promise<Person> {
  const email = newEmail()
  const visitor = newVisitor(gateway)
  await signUp(visitor, email)
  const { code } = await mailTo(gateway, email)
  const answer = await visitor.send('POST', '/auth/v1/email/verify', { email, code })
  if (answer.status !== 200) throw new Error(`verification answered ${answer.status}`)
  const { user } = (await answer.json()) as { user: { id: string } }
  return { email, password: goodPassword, userId: user.id, visitor }
}

/** Comes again when the gateway asks for that, as a test before may have left it a line of work. */
async function signUp(visitor: Visitor, email: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const answer = await visitor.send('POST', '/auth/v1/signup', { email, password: goodPassword, name: 'Test Person' })
    if (answer.ok) return
    if (answer.status !== 503 || tries === 5) throw new Error(`signing up answered ${answer.status}`)
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

/** The same person on another device. */
export async function signInAgain(gateway: TestGateway, person: Person): Promise<Visitor> {
  const visitor = newVisitor(gateway)
  const answer = await visitor.send('POST', '/auth/v1/login', { email: person.email, password: person.password })
  if (answer.status !== 200) throw new Error(`login answered ${answer.status}`)
  return visitor
}
