// What signing in with a password costs at the least: a hash like the gateway's, and nothing around it.
import { createPasswordHasher } from '../../../src/login/password/hasher.ts'

const hasher = createPasswordHasher(new Uint8Array(32))

export default {
  async fetch(): Promise<Response> {
    await hasher.verifyNothing('correct horse battery staple')
    return new Response('{}', { headers: { 'content-type': 'application/json' } })
  },
}
