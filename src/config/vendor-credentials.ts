// Which secrets the chosen vendors need: a worker that cannot send is wrong before somebody waits for a message.
import { expectedValue } from './environment-schema.ts'
import type { GatewayConfig } from './gateway-schema.ts'
import type { ConfigProblem } from './problems.ts'

const ofMail = {
  resend: ['RESEND_API_KEY'],
  postmark: ['POSTMARK_SERVER_TOKEN'],
  ses: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  cloudflare: [],
  smtp: ['SMTP_PASSWORD'],
} as const satisfies Record<GatewayConfig['email']['provider'], readonly string[]>

const ofPhone = {
  none: [],
  'twilio-messaging': ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'],
  'twilio-verify': ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'],
} as const satisfies Record<GatewayConfig['login']['phone']['provider'], readonly string[]>

export function missingCredentials(
  { email, login }: GatewayConfig,
  environment: Readonly<Record<string, unknown>>,
): ConfigProblem[] {
  const hasNoPassword = email.provider === 'smtp' && 'tls' in email
  const mail: readonly string[] = hasNoPassword ? [] : ofMail[email.provider]
  const missing = [...mail, ...ofPhone[login.phone.provider]]
    .filter((name) => environment[name] === undefined)
    .map((name) => ({ field: `environment: ${name}`, found: 'nothing', expected: expectedValue(name) ?? 'a text' }))
  return [...missing, ...missingBinding(email, environment)]
}

function missingBinding(
  email: GatewayConfig['email'],
  environment: Readonly<Record<string, unknown>>,
): readonly ConfigProblem[] {
  if (email.provider !== 'cloudflare') return []
  const binding = environment[email.binding]
  if (typeof binding === 'object' && binding !== null && 'send' in binding) return []
  const expected = 'a send_email binding of wrangler.toml'
  return [{ field: 'gateway.config.ts: email.binding', found: 'no such binding', expected }]
}
