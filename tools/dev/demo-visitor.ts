import type { IncomingMessage } from 'node:http'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'

export type Visitor = {
  user: { id: string; email: string | null; name: string | null; roles: string[] } | null
  assertion: { valid: true; claims: JWTPayload } | { valid: false; reason: string } | null
}

const decoded = (request: IncomingMessage, name: string): string | null => {
  const value = request.headers[name]
  if (typeof value !== 'string') return null
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** Reads who the gateway says is asking and, where it knows the gateway, checks the signature under that. */
export const visitorReader = (issuer: string | undefined, audience: string) => {
  const keys = issuer === undefined ? undefined : createRemoteJWKSet(new URL('/.well-known/jwks.json', issuer))

  const assertionOf = async (request: IncomingMessage): Promise<Visitor['assertion']> => {
    const token = request.headers['x-portcullis-assertion']
    if (typeof token !== 'string' || keys === undefined || issuer === undefined) return null
    try {
      const expected = { issuer, audience, typ: 'portcullis-assertion+jwt', algorithms: ['ES256'] }
      const { payload } = await jwtVerify(token, keys, expected)
      return { valid: true, claims: payload }
    } catch (error) {
      return { valid: false, reason: error instanceof Error ? error.message : 'unknown' }
    }
  }

  return async (request: IncomingMessage): Promise<Visitor> => {
    const id = decoded(request, 'x-auth-user-id')
    const roles = (decoded(request, 'x-auth-roles') ?? '').split(/[\s,]+/).filter((role) => role !== '')
    const user =
      id === null ? null : { id, email: decoded(request, 'x-auth-email'), name: decoded(request, 'x-auth-name'), roles }
    return { user, assertion: await assertionOf(request) }
  }
}
