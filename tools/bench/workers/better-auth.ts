// better-auth's session look-up in front of a pass-through. Without a database its tables are in memory, and its cookie
// cache is off: every request asks for the session, at the lowest price that can have.
import { betterAuth } from 'better-auth'
import passThrough from './pass-through.ts'

type Bindings = { readonly ORIGIN_URL: string; readonly PUBLIC_URL: string; readonly SECRET: string }

const start = ({ PUBLIC_URL, SECRET }: Bindings) =>
  betterAuth({
    baseURL: PUBLIC_URL,
    secret: SECRET,
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    session: { cookieCache: { enabled: false } },
  })

let auth: ReturnType<typeof start> | undefined

export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    auth ??= start(env)
    if (request.url.includes('/api/auth/')) return auth.handler(request)
    const session = await auth.api.getSession({ headers: request.headers })
    return session === null ? new Response(null, { status: 401 }) : passThrough.fetch(request, env)
  },
}
