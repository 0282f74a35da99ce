// What a wrong password was compared with, and who else was asked, takes its time, which says whether the account is here: so a no
// is answered no sooner than the slowest of them usually takes.
import { GatewayError } from '../../errors.ts'
import type { Exchange } from '../../exchange.ts'
import { noSooner } from '../no-sooner.ts'

export async function refuseNoSooner<Answer>(exchange: Exchange, enter: () => Promise<Answer>): Promise<Answer> {
  try {
    return await enter()
  } catch (error) {
    const isNo = error instanceof GatewayError && error.rejection.code === 'invalid_credentials'
    if (isNo) await noSooner(exchange, exchange.deps.settings.config.login.refuseAfterMs)
    throw error
  }
}
