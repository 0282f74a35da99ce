// An identity provider as the gateway meets one: a key set at an address, a discovery document, and tokens signed with
// its keys. What it answers can be made wrong in every way a test wants.
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { type CryptoKey, type JWK, type JWTPayload, SignJWT, exportJWK, generateKeyPair } from 'jose'

export interface SigningKey {
  readonly algorithm: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

export type Answerer = (request: IncomingMessage, response: ServerResponse) => void

export interface TestIssuer {
  /** Its name, and where it is. */
  readonly url: string
  /** Paths asked for, in order. */
  readonly asked: string[]
  readonly keySetFetches: () => number
  /** What is published and signed with from now on. */
  keys: SigningKey[]
  /** Answers in place of the key set; null: the key set. */
  answerer: Answerer | null
  /** Hangs up on every question, the one where its keys are included. */
  isAway: boolean
  /** A token of the newest key. Members that are undefined are left out. */
  token(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>
  newKey(algorithm?: string): Promise<SigningKey>
  stop(): Promise<void>
  /** Again at the same address. */
  start(): Promise<void>
}

let keyCount = 0

export async function createSigningKey(algorithm = 'RS256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true, modulusLength: 2048 })
  keyCount += 1
  const publicJwk = { ...(await exportJWK(publicKey)), kid: `key-${keyCount}`, alg: algorithm, use: 'sig' }
  return { algorithm, privateKey, publicJwk }
}

export const audience = 'https://site.example'

export async function signToken(
  key: SigningKey,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const given = { alg: key.algorithm, kid: key.publicJwk.kid, typ: 'at+jwt', ...header }
  const protectedHeader = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const payload = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)) as JWTPayload
  return new SignJWT(payload).setProtectedHeader(protectedHeader as { alg: string }).sign(key.privateKey)
}

export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}

export async function startIssuer(algorithm = 'RS256'): Promise<TestIssuer> {
  const asked: string[] = []
  let port = 0
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (issuer.isAway) return void response.destroy()
    if (request.url === '/.well-known/openid-configuration') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: `${issuer.url}/keys` }))
      return
    }
    if (issuer.answerer !== null) return issuer.answerer(request, response)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ keys: issuer.keys.map(({ publicJwk }) => publicJwk) }))
  })
  const start = (): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  await start()
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
  const issuer: TestIssuer = {
    url: `http://127.0.0.1:${port}`,
    asked,
    keySetFetches: () => asked.filter((path) => path !== '/.well-known/openid-configuration').length,
    keys: [await createSigningKey(algorithm)],
    answerer: null,
    isAway: false,
    async token(claims = {}, header = {}) {
      const key = issuer.keys.at(-1)
      if (key === undefined) throw new Error('an issuer without keys')
      const standard = { iss: issuer.url, aud: audience, sub: 'somebody', iat: inSeconds(0), exp: inSeconds(300) }
      return signToken(key, { ...standard, ...claims }, header)
    },
    async newKey(kind = algorithm) {
      const key = await createSigningKey(kind)
      issuer.keys.push(key)
      return key
    },
    start,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return issuer
}
