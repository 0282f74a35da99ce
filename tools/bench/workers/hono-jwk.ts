// Hono's own token check in front of a pass-through.
import { Hono } from 'hono'
import { jwk } from 'hono/jwk'
import type { HonoJsonWebKey } from 'hono/utils/jwt/jws'
import passThrough from './pass-through.ts'

type Bindings = { readonly ORIGIN_URL: string; readonly KEYS: string }

// The keys are at hand: by their address the middleware would fetch them again for every request.
const start = ({ KEYS }: Bindings): Hono<{ Bindings: Bindings }> => {
  const { keys } = JSON.parse(KEYS) as { keys: HonoJsonWebKey[] }
  return new Hono<{ Bindings: Bindings }>()
    .use(jwk({ keys, alg: ['ES256'] }))
    .all('*', ({ req, env }) => passThrough.fetch(req.raw, env))
}

let app: ReturnType<typeof start> | undefined

export default {
  fetch(request: Request, env: Bindings): Response | Promise<Response> {
    app ??= start(env)
    return app.fetch(request, env)
  },
}
