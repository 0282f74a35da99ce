import { defineGateway } from '../../src/config/gateway-schema.ts'
import { limitRules } from '../../src/limits/rules.ts'
import config from './gateway-config.ts'

const off = Object.fromEntries(Object.keys(limitRules).map((id) => [id, { state: 'off' as const }]))

export default defineGateway({ ...config, limits: { rules: off } })
