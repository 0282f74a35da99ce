// The captchas there are, and how to make one from the settings; null where the site has none.
import type { Environment } from '../../config/environment-schema.ts'
import type { GatewayConfig } from '../../config/gateway-schema.ts'
import type { Captcha } from './captcha.ts'
import { createTurnstile, testKeys } from './turnstile.ts'

export function createCaptcha(config: GatewayConfig['captcha'], environment: Environment): Captcha | null {
  switch (config.provider) {
    case 'turnstile': {
      const { TURNSTILE_SITE_KEY: siteKey, TURNSTILE_SECRET_KEY: secretKey } = environment
      const keys = siteKey === undefined || secretKey === undefined ? testKeys : { siteKey, secretKey }
      return createTurnstile({
        ...keys,
        endpoint: environment.TURNSTILE_ENDPOINT,
        hostname: new URL(environment.PUBLIC_URL).hostname,
      })
    }
    case 'none':
      return null
  }
}
