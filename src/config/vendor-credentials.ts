// Which secrets the chosen vendors need: a worker that cannot send is wrong before somebody waits for a message.
import { type Environment, expectedValue } from './environment-schema.ts'
import type { GatewayConfig } from './gateway-schema.ts'
import type { ConfigProblem } from './problems.ts'

type Secret = keyof Environment & string

const ofMail = {
  resend: ['RESEND_API_KEY'],
} as const satisfies Record<GatewayConfig['email']['provider'], readonly Secret[]>

const ofPhone = {
  none: [],
  'twilio-messaging': ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'],
  'twilio-verify': ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'],
} as const satisfies Record<GatewayConfig['login']['phone']['provider'], readonly Secret[]>

export function missingCredentials(
  { email, login }: GatewayConfig,
  environment: Readonly<Record<string, unknown>>,
): ConfigProblem[] {
  const needed: readonly Secret[] = [...ofMail[email.provider], ...ofPhone[login.phone.provider]]
  return needed
    .filter((name) => environment[name] === undefined)
    .map((name) => ({ field: `environment: ${name}`, found: 'nothing', expected: expectedValue(name) ?? 'a text' }))
}
