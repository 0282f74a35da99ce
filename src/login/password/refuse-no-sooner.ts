// What a wrong password was compared with, and who else was asked, takes its time, which says whether the account is here: so a no
// is answered no sooner than the slowest of them usually takes.
import { GatewayError } from '../../errors.ts'
import type { Exchange } from '../../exchange.ts'
import { secondMs } from '../../kit/duration.ts'

export async function refuseNoSooner<Answer>(exchange: Exchange, enter: () => Promise<Answer>): Promise<Answer> {
  try {
    return await enter()
  } catch (error) {
    if (error instanceof GatewayError && error.rejection.code === 'invalid_credentials') await untilThen(exchange)
    throw error
  }
}

async function untilThen({ deps, startedAtMs }: Exchange): Promise<void> {
  const { refuseAfterMs, originLogin } = deps.settings.config.login
  const leftMs = startedAtMs + (refuseAfterMs ?? (originLogin === null ? 0 : secondMs)) - deps.now()
  if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs))
}
