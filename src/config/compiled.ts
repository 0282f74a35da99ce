// The rules a site's settings come to, for the worker that applies them and for whoever explains them.
import { type ReservedHeaders, compileReserved } from '../access/reserved-headers.ts'
import { type RuleSet, compileRules } from '../limits/rule-set.ts'
import type { GatewayConfig } from './gateway-schema.ts'

export function limitRulesOf({ basePath, limits, captcha }: GatewayConfig): RuleSet {
  const { apiPaths, rules: overrides } = limits
  return compileRules({ basePath, apiPaths, overrides, hasCaptcha: captcha.provider !== 'none' })
}

export function reservedOf({ identityHeaders }: GatewayConfig): ReservedHeaders {
  return compileReserved(Object.values(identityHeaders).filter((name) => name !== undefined))
}
