// Tells an application that a session of its ended (OpenID Connect Back-Channel Logout 1.0 §2.4).
import { minuteMs, secondMs } from '../kit/duration.ts'
import { randomToken } from '../kit/random.ts'
import type { TokenSigner } from './signing-keys.ts'

const logoutTokenType = 'logout+jwt'
const lifetimeS = (2 * minuteMs) / secondMs
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

export interface EndedSession {
  readonly userId: string
  readonly sessionId: string
  readonly clientId: string
}

export function signLogoutToken(signer: TokenSigner, ended: EndedSession, nowMs: number): Promise<string> {
  const issuedAt = Math.floor(nowMs / secondMs)
  return signer.sign(logoutTokenType, {
    aud: ended.clientId,
    sub: ended.userId,
    sid: ended.sessionId,
    events: { [logoutEvent]: {} },
    iat: issuedAt,
    exp: issuedAt + lifetimeS,
    jti: randomToken(16),
  })
}
