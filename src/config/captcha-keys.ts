// Which keys a captcha has to have. The published test keys let everybody pass, so they end with development.
import type { Environment } from './environment-schema.ts'
import type { GatewayConfig } from './gateway-schema.ts'
import type { ConfigProblem } from './problems.ts'

const names = ['TURNSTILE_SITE_KEY', 'TURNSTILE_SECRET_KEY'] as const
/** https://developers.cloudflare.com/turnstile/troubleshooting/testing/ */
const testKey = /^[123]x0{10,}[A-F]{2}$/

export function captchaProblems({ captcha }: GatewayConfig, environment: Environment): readonly ConfigProblem[] {
  if (captcha.provider !== 'turnstile') return []
  const given = names.filter((name) => environment[name] !== undefined)
  if (environment.MODE !== 'production' && given.length === 0) return []
  return names.flatMap((name) => {
    const value = environment[name]
    const expected = 'a key of the Turnstile widget, from its page in the dashboard'
    if (value === undefined) return [{ field: `environment: ${name}`, found: 'nothing', expected }]
    const isTest = environment.MODE === 'production' && testKey.test(value)
    return isTest ? [{ field: `environment: ${name}`, found: 'a test key, which lets everybody pass', expected }] : []
  })
}
