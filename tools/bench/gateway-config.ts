// The site that is measured: fixed here, so that figures of two checkouts with other sites can be compared.
import { defineGateway } from '../../src/config/gateway-schema.ts'

export default defineGateway({
  origins: [{ id: 'site', url: { env: 'ORIGIN_URL' } }],
  routes: [
    { path: '/', require: 'public' },
    { path: '/public/*', require: 'public' },
    { path: '/admin/*', require: { roles: ['admin'] } },
    { path: '/*', require: 'signed-in' },
  ],
  identityHeaders: { userId: 'x-auth-user-id', email: 'x-auth-email', name: 'x-auth-name', roles: 'x-auth-roles' },
  // The second can go away, and the first is there for comparison.
  issuers: ['BENCH_ISSUER', 'BENCH_ISSUER_AWAY'].map((env) => ({
    issuer: { env },
    jwksUrl: { env },
    audiences: ['https://site.example'],
  })),
  // Counted as everywhere, and never reached: one client asks more in a second than a person does in an hour.
  limits: { rules: { everything: { limit: 100_000_000 }, api: { limit: 100_000_000 }, login: { limit: 100_000_000 } } },
  email: { provider: 'resend', from: 'Portcullis <login@example.com>' },
})
