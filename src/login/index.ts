// The ways to sign in, in the order pages show them.
import type { Hono } from 'hono'
import type { GatewayEnv } from '../context.ts'
import type { Deps } from '../deps.ts'
import { emailVerification } from './email-verification/method.ts'
import { connections } from './oidc/account-method.ts'
import { socialSignIn } from './oidc/method.ts'
import { magicLink } from './magic-link/method.ts'
import { ownPasskeysMethod } from './passkey/account-method.ts'
import { passkeySignIn } from './passkey/method.ts'
import { password } from './password/method.ts'
import { passwordReset } from './password/reset-method.ts'
import { ownPhone } from './phone/account-method.ts'
import { phone } from './phone/method.ts'
import { reauthentication } from './reauthenticate/method.ts'
import { ownSecondFactor } from './second-factor/account-method.ts'
import { secondFactor } from './second-factor/method.ts'

/** A login method brings its own routes, mounted below the base path; success always goes through complete.ts. */
export type LoginMethod = (deps: Deps) => Hono<GatewayEnv>

export const loginMethods: readonly LoginMethod[] = [
  password,
  passwordReset,
  magicLink,
  phone,
  socialSignIn,
  connections,
  passkeySignIn,
  emailVerification,
  secondFactor,
  ownSecondFactor,
  ownPhone,
  ownPasskeysMethod,
  reauthentication,
]
