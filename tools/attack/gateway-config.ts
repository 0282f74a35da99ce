// The site that is attacked: the one that is shipped, with a captcha.
import config from '../../gateway.config.ts'
import { defineGateway } from '../../src/config/gateway-schema.ts'

export default defineGateway({ ...config, captcha: { provider: 'turnstile' } })
