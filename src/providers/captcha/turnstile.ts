// Cloudflare Turnstile (https://developers.cloudflare.com/turnstile/get-started/server-side-validation/). An answer says for
// which host and action it was given, and counts once; the address of the visitor is not sent along, as what an answer is
// good for is tied to it here.
import { z } from 'zod'
import { readJson } from '../../kit/bounded-answer.ts'
import { type Captcha, CaptchaFault } from './captcha.ts'

export interface TurnstileOptions {
  readonly siteKey: string
  readonly secretKey: string
  /** A stand-in for challenges.cloudflare.com. */
  readonly endpoint: string | undefined
  readonly hostname: string
}

/** Published by Cloudflare: they pass always, and everywhere. Settings let them be used in development alone. */
export const testKeys = { siteKey: '1x00000000000000000000AA', secretKey: '1x0000000000000000000000000000000AA' }

/** What the widget is told it is for; an answer for something else is none for us. */
const turnstileAction = 'portcullis'

const timeoutMs = 2000
const longestAnswer = 2048
const verdict = z.looseObject({
  success: z.boolean(),
  hostname: z.string().optional(),
  action: z.string().optional(),
  'error-codes': z.array(z.string()).default([]),
})
/** What only the operator can mend: said of the keys or of the vendor, not of the answer. */
const ourFaults = new Set(['missing-input-secret', 'invalid-input-secret', 'bad-request', 'internal-error'])

export function createTurnstile({ siteKey, secretKey, endpoint, hostname }: TurnstileOptions): Captcha {
  const origin = endpoint === undefined ? 'https://challenges.cloudflare.com' : new URL(endpoint).origin
  const isTest = secretKey === testKeys.secretKey
  return {
    provider: 'turnstile',
    siteKey,
    script: { url: `${origin}/turnstile/v0/api.js`, origin },
    action: turnstileAction,
    field: 'cf-turnstile-response',
    async verify(answer) {
      if (answer === '' || answer.length > longestAnswer) return false
      const said = await ask(`${origin}/turnstile/v0/siteverify`, { secret: secretKey, response: answer })
      if (said['error-codes'].some((code) => ourFaults.has(code))) {
        throw new CaptchaFault(`Turnstile says ${said['error-codes'].join(', ').slice(0, 100)}`)
      }
      return said.success && (isTest || (said.hostname === hostname && said.action === turnstileAction))
    },
  }
}

async function ask(url: string, body: Readonly<Record<string, string>>): Promise<z.output<typeof verdict>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const parsed = verdict.safeParse(await readJson(response))
    if (parsed.success) return parsed.data
    throw new CaptchaFault(`Turnstile answered ${response.status} and something else`)
  } catch (error) {
    throw error instanceof CaptchaFault ? error : new CaptchaFault('Turnstile did not answer')
  }
}
