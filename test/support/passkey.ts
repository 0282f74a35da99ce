// What somebody does here with an authenticator in software: adds a passkey, and signs in with it.
import {
  type Lies,
  type Passkey,
  type Question,
  createAnswer,
  getAnswer,
  newPasskey,
} from '../../tools/dev/passkey-device.ts'
import type { Visitor } from './visitor.ts'
import { prepared } from './prepared.ts'

const json = async <Body>(answer: Response): Promise<Body> => (await answer.json()) as Body

/** Asks as the page does, and throws when the question is refused. */
export async function questionFor(visitor: Visitor, about: object = {}): Promise<Question> {
  const path = '/auth/v1/webauthn/authenticate/start'
  const ask = () => ('about' in about ? visitor.change('POST', path, about) : visitor.send('POST', path, about))
  return json(await prepared('start', 200, ask))
}

export async function enrolQuestion(visitor: Visitor): Promise<Question> {
  return json(await prepared('start', 200, () => visitor.change('POST', '/auth/v1/webauthn/register/start')))
}

/** Adds a passkey for somebody who has just signed in. */
export async function enrolPasskey(
  visitor: Visitor,
  origin: string,
  options: Parameters<typeof newPasskey>[1] & { readonly name?: string } = {},
): Promise<Passkey & { readonly listedAs: string }> {
  const { name, ...device } = options
  const passkey = newPasskey(origin, device)
  const question = await enrolQuestion(visitor)
  const answer = await visitor.change('POST', '/auth/v1/webauthn/register/finish', {
    challenge_id: question.challenge_id,
    response: createAnswer(passkey, question),
    ...(name === undefined ? {} : { name }),
  })
  if (answer.status !== 201) throw new Error(`enrolling answered ${answer.status} ${await answer.text()}`)
  return Object.assign(passkey, { listedAs: (await json<{ id: string }>(answer)).id })
}

export function finish(visitor: Visitor, question: Question, response: unknown, more: object = {}): Promise<Response> {
  const body = { challenge_id: question.challenge_id, response, ...more }
  return visitor.send('POST', '/auth/v1/webauthn/authenticate/finish', body)
}

/** From the question to the answer, as one visitor. */
export async function signInWith(
  visitor: Visitor,
  passkey: Passkey,
  { lies = {}, about = {} }: { readonly lies?: Lies; readonly about?: object } = {},
): Promise<Response> {
  const question = await questionFor(visitor, about)
  return finish(visitor, question, getAnswer(passkey, question, lies))
}
