// A site whose origin has half a second to answer, for tests that would otherwise wait half a minute.
import { defineGateway } from '../../src/config/gateway-schema.ts'

export default defineGateway({
  origins: [{ id: 'site', url: { env: 'ORIGIN_URL' }, timeoutMs: 500 }],
  routes: [
    { path: '/public/patient/*', require: 'public', timeoutMs: 20_000 },
    { path: '/public/*', require: 'public' },
  ],
  email: { provider: 'resend', from: 'Portcullis <login@example.com>' },
})
