// The site that is attacked: the one that is shipped, with a captcha, and quick to say no: thousands of guesses are made, one after
// another, and how long each waits for its answer is no part of what holds them up.
import config from '../../gateway.config.ts'
import { defineGateway } from '../../src/config/gateway-schema.ts'

export default defineGateway({
  ...config,
  login: { ...config.login, refuseAfterMs: 0 },
  captcha: { provider: 'turnstile' },
})
