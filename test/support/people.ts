// People to test with: signed up, confirmed and signed in through the front door, as anybody would be.
import { randomBytes } from 'node:crypto'
import type { TestGateway } from './gateway.ts'
import { prepared } from './prepared.ts'
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
  const details = { email, password: goodPassword, name: 'Test Person' }
  await prepared('signing up', 202, () => visitor.send('POST', '/auth/v1/signup', details))
  const { code } = await mailTo(gateway, email)
  const answer = await prepared('verification', 200, () =>
    visitor.send('POST', '/auth/v1/email/verify', { email, code }),
  )
  const { user } = (await answer.json()) as { user: { id: string } }
  return { email, password: goodPassword, userId: user.id, visitor }
}

/** The same person on another device. */
export async function signInAgain(gateway: TestGateway, person: Person): Promise<Visitor> {
  const visitor = newVisitor(gateway)
  const { email, password } = person
  await prepared('login', 200, () => visitor.send('POST', '/auth/v1/login', { email, password }))
  return visitor
}

/** Somebody who may look after accounts and clients, freshly signed in. */
export async function newAdmin(gateway: TestGateway): Promise<Person> {
  const person = await newPerson(gateway)
  await gateway.sql(`update users set roles = '{admin}' where id = $1`, [person.userId])
  return { ...person, visitor: await signInAgain(gateway, person) }
}
