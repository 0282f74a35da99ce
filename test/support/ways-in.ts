// Every way in. Each asks first for what it needs, and goes on with it when something has become of the account.
import { pauseCookieName } from '../../src/sessions/cookie.ts'
import { type Somebody, type World, inAs, outcomeOf, post, second } from './entrance.ts'
import { signInWith } from './identity-provider.ts'
import { getAnswer } from '../../tools/dev/passkey-device.ts'
import { enrolPasskey, questionFor } from './passkey.ts'
import { goodPassword, mailTo } from './people.ts'
import { codeTo, newNumber } from './phones.ts'
import { newVisitor } from './visitor.ts'

/** What a way asks for it asks before the account changes: what was good to start with may not be good to finish. */
export type Way = (world: World, who: Somebody) => Promise<() => Promise<string>>

const changed = 'a password that came later'

/** With another site, as somebody whose address is proven there. */
async function socially({ gateway, provider }: World, who: Somebody): Promise<string> {
  const { email } = who
  const visitor = newVisitor(gateway)
  const answer = await signInWith(provider, visitor, { id: 'one', claims: { sub: email, email, email_verified: true } })
  if (answer.status !== 303) return `${answer.status} ${answer.headers.get('x-portcullis-response') ?? ''}`
  if (answer.headers.get('location') === '/auth/mfa') return second(who, visitor.cookies.get(pauseCookieName) ?? '')
  return inAs(who, visitor)
}

async function mailed(world: World, path: string, { email }: Somebody, about: RegExp) {
  await post(world, path, { email })
  return mailTo(world.gateway, email, about)
}

async function passkeyWay(world: World, who: Somebody, verifies: boolean): Promise<() => Promise<string>> {
  const { gateway } = world
  const passkey = await enrolPasskey(who.visitor, gateway.url, { verifies })
  const device = newVisitor(gateway)
  const question = await questionFor(device)
  const body = { challenge_id: question.challenge_id, response: getAnswer(passkey, question) }
  return async () => outcomeOf(who, await post(world, '/auth/v1/webauthn/authenticate/finish', body, device))
}

export const ways = {
  password: (world, who) =>
    Promise.resolve(async () =>
      outcomeOf(who, await post(world, '/auth/v1/login', { email: who.email, password: goodPassword })),
    ),
  'magic link': async (world, who) => {
    const { token } = await mailed(world, '/auth/v1/magic-link/start', who, /Sign in to/)
    return async () => outcomeOf(who, await post(world, '/auth/v1/magic-link/verify', { token }))
  },
  'magic code': async (world, who) => {
    const { code } = await mailed(world, '/auth/v1/magic-link/start', who, /Sign in to/)
    return async () => outcomeOf(who, await post(world, '/auth/v1/magic-link/verify', { email: who.email, code }))
  },
  reset: async (world, who) => {
    const { token } = await mailed(world, '/auth/v1/password/forgot', who, /new password/)
    return async () => {
      const reset = await outcomeOf(who, await post(world, '/auth/v1/password/reset', { token, new_password: changed }))
      if (reset !== 'password_changed') return reset
      return outcomeOf(who, await post(world, '/auth/v1/login', { email: who.email, password: changed }))
    }
  },
  'verification link': (world, who) =>
    Promise.resolve(async () =>
      outcomeOf(who, await post(world, '/auth/v1/email/verify', { token: who.signUp.token })),
    ),
  'verification code': (world, who) =>
    Promise.resolve(async () =>
      outcomeOf(who, await post(world, '/auth/v1/email/verify', { email: who.email, code: who.signUp.code })),
    ),
  'another site, for the first time': (world, who) => Promise.resolve(() => socially(world, who)),
  'another site, as before': async (world, who) => {
    await socially(world, who)
    // The code of this step is spent; a lock that wrong ones have brought about stays.
    await world.gateway.sql('update totp_credentials set last_step = last_step - 10 where user_id = $1', [who.userId])
    return () => socially(world, who)
  },
  'a code by text': async (world, who) => {
    const phone = newNumber()
    who.number = phone
    await world.gateway.sql("insert into phone_credentials (user_id, phone, use) values ($1, $2, 'sign-in')", [
      who.userId,
      phone,
    ])
    await post(world, '/auth/v1/phone/start', { phone })
    const code = await codeTo(world.gateway, phone)
    return async () => outcomeOf(who, await post(world, '/auth/v1/phone/verify', { phone, code }))
  },
  'the site’s own login': async (world, who) => {
    world.members.set(who.email, changed)
    await world.gateway.sql('delete from password_credentials where user_id = $1', [who.userId])
    return async () => outcomeOf(who, await post(world, '/auth/v1/login', { email: who.email, password: changed }))
  },
  passkey: (world, who) => passkeyWay(world, who, true),
  'passkey by a touch': (world, who) => passkeyWay(world, who, false),
  'proof in a session': (_, who) =>
    Promise.resolve(async () => {
      return outcomeOf(who, await who.visitor.change('POST', '/auth/v1/reauthenticate', { password: goodPassword }))
    }),
} as const satisfies Readonly<Record<string, Way>>
