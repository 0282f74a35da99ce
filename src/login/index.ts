// The ways to sign in, in the order pages show them.
import type { Hono } from 'hono'
import type { GatewayEnv } from '../context.ts'
import type { Deps } from '../deps.ts'
import { emailVerification } from './email-verification/method.ts'
import { password } from './password/method.ts'

/** A login method brings its own routes, mounted below the base path; success always goes through complete.ts. */
export type LoginMethod = (deps: Deps) => Hono<GatewayEnv>

export const loginMethods: readonly LoginMethod[] = [password, emailVerification]
