// What the gateway mounts for other programs and apps; without keys to sign with, nothing.
import type { Hono } from 'hono'
import { type GatewayEnv, createApp } from '../context.ts'
import type { Deps } from '../deps.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import type { JudgeOwnToken } from '../tokens/own-tokens.ts'
import type { TokenSigner } from '../tokens/signing-keys.ts'
import { mountAuthorize } from './authorize.ts'
import { answerPreflight, answerProgram, endpointPaths } from './endpoint.ts'
import { introspect } from './introspect.ts'
import { mountLogout } from './logout.ts'
import type { OAuthRefusal } from './refusal.ts'
import { revoke } from './revoke.ts'
import { token } from './token.ts'
import { userinfo } from './userinfo.ts'

/** What the endpoints work with: what signs tokens, and what judges them. */
export interface Issuing {
  readonly signer: TokenSigner
  readonly judge: JudgeOwnToken
}

type Endpoint = (exchange: Exchange, issuing: Issuing) => Promise<Response | OAuthRefusal>

const posted: readonly (readonly [path: string, endpoint: Endpoint])[] = [
  [endpointPaths.token, token],
  [endpointPaths.introspect, introspect],
  [endpointPaths.revoke, revoke],
  [endpointPaths.userinfo, userinfo],
]

export function oauth({ tokens, ownTokens: judge }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  if (tokens === null || judge === null) {
    app.all('/oauth/*', () => {
      throw new GatewayError(reject('tokens_off', 'TOKEN_KEYS is not set'))
    })
    return app
  }
  const issuing = { signer: tokens, judge }
  for (const [path, endpoint] of posted) {
    app.options(path, answerPreflight)
    app.post(path, ({ env: { exchange } }) => answerProgram(exchange, () => endpoint(exchange, issuing)))
  }
  app.get(endpointPaths.userinfo, ({ env: { exchange } }) => answerProgram(exchange, () => userinfo(exchange, issuing)))
  mountAuthorize(app)
  mountLogout(app, tokens)
  return app
}
