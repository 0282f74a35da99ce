// The breach lists there are, and how to make one from the settings; null where the site wants none.
import type { Environment } from '../../config/environment-schema.ts'
import type { GatewayConfig } from '../../config/gateway-schema.ts'
import type { BreachList } from './breach-list.ts'
import { createPwnedPasswords } from './pwned-passwords.ts'

export function createBreachList(config: GatewayConfig['breachList'], environment: Environment): BreachList | null {
  switch (config.provider) {
    case 'pwned-passwords':
      return createPwnedPasswords({ endpoint: environment.BREACH_LIST_ENDPOINT })
    case 'none':
      return null
  }
}
