// Public metadata at the paths the standards fix.
import type { Hono } from 'hono'
import { type GatewayEnv, createApp } from '../context.ts'
import type { Deps } from '../deps.ts'
import { metadata } from './metadata.ts'

const jwksPath = '/.well-known/jwks.json'
/** Where password managers look for the form (https://w3c.github.io/webappsec-change-password-url/). */
const changePasswordPath = '/.well-known/change-password'
/** Where password managers lead people who want a passkey (https://w3c.github.io/webappsec-passkey-endpoints/). */
const passkeyPath = '/.well-known/passkey-endpoints'
/** OpenID Connect Discovery and RFC 8414 tell the same. */
const metadataPaths = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']
const headers = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }

export function wellKnown({ assertions, tokens, settings, publicUrl, passkeys }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  const keys = [...assertions.publicKeys().keys, ...(tokens?.publicKeys() ?? [])]
  app.get(jwksPath, (context) => context.json({ keys }, 200, headers))
  app.get(changePasswordPath, (context) => context.redirect(`${settings.config.basePath}/account/password`, 302))
  if (passkeys !== null) {
    const page = `${publicUrl.origin}${settings.config.basePath}/account/passkeys`
    app.get(passkeyPath, (context) => context.json({ enroll: page, manage: page }, 200, headers))
  }
  if (tokens === null) return app
  const document = metadata(tokens.issuer, settings.config.basePath)
  for (const path of metadataPaths) app.get(path, (context) => context.json(document, 200, headers))
  return app
}

/** Outside the base path these are all the gateway answers; any other well-known path is the site's. */
export function wellKnownPaths({ tokens, passkeys }: Pick<Deps, 'tokens' | 'passkeys'>): readonly string[] {
  const always = [jwksPath, changePasswordPath, ...(passkeys === null ? [] : [passkeyPath])]
  return tokens === null ? always : [...always, ...metadataPaths]
}
