// What a first look at a token costs at the least: `jose.jwtVerify` with the keys at hand, in front of a pass-through.
import { type JSONWebKeySet, createLocalJWKSet, jwtVerify } from 'jose'
import passThrough from './pass-through.ts'

type Bindings = {
  readonly ORIGIN_URL: string
  readonly KEYS: string
  readonly ISSUER: string
  readonly AUDIENCE: string
}

let keys: ReturnType<typeof createLocalJWKSet> | undefined

export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    keys ??= createLocalJWKSet(JSON.parse(env.KEYS) as JSONWebKeySet)
    const token = request.headers.get('authorization')?.slice('Bearer '.length) ?? ''
    const rules = { issuer: env.ISSUER, audience: env.AUDIENCE, typ: 'at+jwt', algorithms: ['RS256'] }
    await jwtVerify(token, keys, rules)
    return passThrough.fetch(request, env)
  },
}
