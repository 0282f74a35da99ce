// An issuer for measurements: its key set at an address, and as many tokens as there are people, each known already.
import { createServer } from 'node:http'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import type { Lifetime } from '../dev/lifetime.ts'

export type BenchIssuer = {
  url: string
  /** What it publishes, as text. */
  keys: string
  /** Takes questions for its keys and never answers. */
  isAway: boolean
  /** Of the questions for its keys, by `performance.now()`. */
  readonly askedAt: number[]
  token: (subject: string, keyId?: string) => Promise<string>
}

/** As gateway-config.ts has it. */
export const audience = 'https://site.example'

export const startIssuer = async (lifetime: Lifetime, ownKeyId: string): Promise<BenchIssuer> => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: ownKeyId, alg: 'RS256', use: 'sig' }] })
  const server = createServer((_, response) => {
    issuer.askedAt.push(performance.now())
    if (issuer.isAway) return
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(keys)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.own({
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const token = (subject: string, keyId = ownKeyId): Promise<string> =>
    new SignJWT({ email: `${subject}@example.com`, email_verified: true, scope: 'openid profile', roles: ['reader'] })
      .setProtectedHeader({ alg: 'RS256', kid: keyId, typ: 'at+jwt' })
      .setIssuer(url)
      .setSubject(subject)
      .setJti(uuidv7())
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('6h')
      .sign(privateKey)
  const issuer: BenchIssuer = { url, keys, isAway: false, askedAt: [], token }
  return issuer
}

const statement = `
  with made as (
    insert into users (id, name, shard) select (r->>'userId')::uuid, 'Bench Person', 'xx-1' from jsonb_array_elements($1::jsonb) r)
  insert into identities (id, user_id, subject)
  select (r->>'identityId')::uuid, (r->>'userId')::uuid, r->>'identity' from jsonb_array_elements($1::jsonb) r`

/** Written straight into the database, as making 2,000 people at their first request is not measured here. */
export const seedTokens = async (databaseUrl: string, issuer: BenchIssuer, people: number): Promise<string[]> => {
  const subjects = Array.from({ length: people }, () => uuidv7())
  const rows = subjects.map((subject) => ({
    userId: uuidv7(),
    identityId: uuidv7(),
    identity: `${issuer.url}#${subject}`,
  }))
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5000 })
  await client.connect()
  try {
    await client.query(statement, [JSON.stringify(rows)])
  } finally {
    await client.end()
  }
  return Promise.all(subjects.map((subject) => issuer.token(subject)))
}
