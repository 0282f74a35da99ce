// Public metadata at the paths the standards fix.
import type { Hono } from 'hono'
import { type GatewayEnv, createApp } from '../context.ts'
import type { Deps } from '../deps.ts'

const jwksPath = '/.well-known/jwks.json'
/** Where password managers look for the form (https://w3c.github.io/webappsec-change-password-url/). */
const changePasswordPath = '/.well-known/change-password'

export function wellKnown({ assertions, settings }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  app.get(jwksPath, (context) => context.json(assertions.publicKeys(), 200, { 'cache-control': 'public, max-age=300' }))
  app.get(changePasswordPath, (context) => context.redirect(`${settings.config.basePath}/account/password`, 302))
  return app
}

/** Outside the base path these are all the gateway answers; any other well-known path is the site's. */
wellKnown.paths = [jwksPath, changePasswordPath]
