// Has whoever sends this request proven to be a person? By a clearance, which pages hand out, or by a captcha's answer in a
// header, as programs have it that show the widget themselves.
import { type Rejection, unavailable } from './errors.ts'
import { type Exchange, singleCookie } from './exchange.ts'
import { exchangeFacts } from './exchange-facts.ts'
import { log } from './log.ts'
import { clearanceCookieName } from './sessions/cookie.ts'

export const captchaHeader = 'x-captcha-token'

/** An answer counts once, and several limits may ask about one request. */
const proven = new WeakSet<Exchange>()

/** Undefined: proven, and counted. Otherwise what the attempt is refused with. */
export async function askCaptcha(exchange: Exchange, refusal: Rejection): Promise<Rejection | undefined> {
  const { captcha } = exchange.deps
  if (captcha === null) return refusal
  if (proven.has(exchange)) return undefined
  const verified = (await isCleared(exchange)) || (await isAnswered(exchange))
  if (verified === true) {
    proven.add(exchange)
    return undefined
  }
  if (verified !== false) return verified
  return {
    ...refusal,
    code: 'captcha_required',
    captcha: { provider: captcha.provider, site_key: captcha.siteKey, answer_header: captchaHeader },
  }
}

async function isCleared(exchange: Exchange): Promise<boolean> {
  const { deps, client, context } = exchange
  const id = deps.clearances.idOf(singleCookie(exchange, clearanceCookieName), client.ip)
  return id !== null && (await deps.limits.asked('captcha-uses', id, exchange, context)) === null
}

async function isAnswered(exchange: Exchange): Promise<boolean | Rejection> {
  const answer = exchange.request.headers.get(captchaHeader)
  return answer === null ? false : verifiedAnswer(exchange, answer)
}

/** Nobody can say: then nobody is let by, as this is asked only where something is wrong already. */
export async function verifiedAnswer(exchange: Exchange, answer: string): Promise<boolean | Rejection> {
  try {
    return (await exchange.deps.captcha?.verify(answer)) === true
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown'
    log('error', 'captcha could not be verified', { ...exchangeFacts(exchange), reason })
    return unavailable('captcha cannot be verified').rejection
  }
}
