import { type Passkey, type Question, createAnswer, getAnswer, newPasskey } from '../dev/passkey-device.ts'
import { type Account, cookieHeader, keepCookies } from './honest.ts'
import { type Answer, type Target, send } from './target.ts'

type Browser = { ip: string; cookies: Map<string, string> }

const ask = async (
  target: Target,
  { ip, cookies }: Browser,
  [path, body]: readonly [string, Record<string, unknown>],
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const answer = await send(target, {
    method: 'POST',
    path,
    ip,
    body,
    headers: { ...cookieHeader(cookies), ...headers },
  })
  keepCookies(cookies, answer)
  return answer
}

const must = (answer: Answer, what: string): Answer => {
  if (answer.status >= 200 && answer.status < 300) return answer
  throw new Error(`${what} answered ${answer.status} ${answer.code}`)
}

const questionIn = ({ body }: Answer): Question => {
  const { challenge_id: id, challenge } = body
  if (typeof id !== 'string' || typeof challenge !== 'string') throw new Error('no question for a passkey')
  return { ...body, challenge_id: id, challenge }
}

/** Adds a passkey to an account, as its owner does who has just signed in. */
export const addPasskey = async (target: Target, account: Account, ip: string): Promise<Passkey> => {
  const browser: Browser = { ip, cookies: new Map() }
  must(await ask(target, browser, ['/auth/v1/login', { ...account }]), 'signing in')
  const { body } = await send(target, {
    method: 'GET',
    path: '/auth/v1/csrf',
    ip,
    headers: cookieHeader(browser.cookies),
  })
  const csrf = { 'x-csrf-token': String(body['csrf_token']) }
  const started = must(await ask(target, browser, ['/auth/v1/webauthn/register/start', {}], csrf), 'adding a passkey')
  const question = questionIn(started)
  const passkey = newPasskey(target.url)
  const response = createAnswer(passkey, question)
  const finished = { challenge_id: question.challenge_id, response }
  must(await ask(target, browser, ['/auth/v1/webauthn/register/finish', finished], csrf), 'adding a passkey')
  return passkey
}

/** On a device that nobody has used before. */
export const signInByPasskey = async (target: Target, passkey: Passkey, ip: string): Promise<boolean> => {
  const browser: Browser = { ip, cookies: new Map() }
  const started = await ask(target, browser, ['/auth/v1/webauthn/authenticate/start', {}])
  if (started.status !== 200) return false
  const question = questionIn(started)
  const finished = { challenge_id: question.challenge_id, response: getAnswer(passkey, question) }
  return (await ask(target, browser, ['/auth/v1/webauthn/authenticate/finish', finished])).status === 200
}
