// What this site wants from its gateway. Every field is documented in src/config/gateway-schema.ts and in the README.
import { defineGateway } from './src/config/gateway-schema.ts'

export default defineGateway({
  origins: [{ id: 'site', url: { env: 'ORIGIN_URL' } }],
  routes: [
    { path: '/', require: 'public' },
    { path: '/public/*', require: 'public' },
    { path: '/admin/*', require: { roles: ['admin'] } },
    { path: '/*', require: 'signed-in' },
  ],
  identityHeaders: {
    userId: 'x-auth-user-id',
    email: 'x-auth-email',
    name: 'x-auth-name',
    roles: 'x-auth-roles',
  },
  login: {
    phone: {
      provider: 'twilio-messaging',
      sender: { from: '+15005550006' },
      country: 'US',
      countries: ['US', 'CA', 'GB', 'DE', 'AT', 'CH', 'FR'],
    },
  },
  email: { provider: 'resend', from: 'Portcullis <login@example.com>' },
})
