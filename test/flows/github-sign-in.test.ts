// Signing in with GitHub, played by a stand-in that answers as its documents say: no ID token, a 200 for refusals too.
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { type Server, createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { begin, comeBack } from '../support/identity-provider.ts'
import { newEmail, newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

interface Account {
  readonly user: unknown
  readonly emails: unknown
}

let gateway: TestGateway
let github: Server
const codes = new Map<string, { readonly challenge: string; readonly account: Account }>()
const tokens = new Map<string, Account>()
let tokenAnswer: object | null = null

beforeAll(async () => {
  github = createServer((request, response) => {
    const send = (value: unknown, status = 200): unknown =>
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value))
    const { pathname } = new URL(request.url ?? '/', 'http://github.invalid')
    const account = tokens.get((request.headers.authorization ?? '').replace('Bearer ', ''))
    if (request.headers['user-agent'] === undefined) return send({}, 403)
    if (pathname === '/user') return account === undefined ? send({}, 401) : send(account.user)
    if (pathname === '/user/emails') return account === undefined ? send({}, 401) : send(account.emails)
    if (pathname !== '/login/oauth/access_token') return send({}, 404)
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    return request.on('end', () => {
      const form = new URLSearchParams(body)
      const grant = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      const isRight = grant?.challenge === challenge && form.get('client_secret') === 'the secret'
      if (tokenAnswer !== null) return send(tokenAnswer)
      if (grant === undefined || !isRight) return send({ error: 'bad_verification_code' })
      const token = `gho_${randomBytes(16).toString('hex')}`
      tokens.set(token, grant.account)
      return send({ access_token: token, scope: 'read:user,user:email', token_type: 'bearer' })
    })
  })
  await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve))
  const address = github.address()
  const site = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const row = { kind: 'github', id: 'github', clientId: 'the gateway', clientSecret: 'the secret', site, api: site }
  gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, login: { providers: [row] } }) })
})
afterAll(async () => {
  await gateway.stop()
  github.closeAllConnections()
  await new Promise((resolve) => github.close(resolve))
})

const account = (email: string, more: object = {}): { user: object; emails: object[] } => ({
  user: { id: randomInt(1, 1e9), login: 'ann', name: 'Ann Example', ...more },
  emails: [
    { email: newEmail(), primary: false, verified: true, visibility: null },
    { email, primary: true, verified: true, visibility: 'private' },
  ],
})

async function enter(visitor: Visitor, who: Account, iss?: string): Promise<Response> {
  const asked = await begin(visitor, 'github', '?return_to=/private')
  const code = randomBytes(10).toString('hex')
  codes.set(code, { challenge: asked.challenge, account: who })
  return comeBack(visitor, asked, { code, state: asked.state, iss })
}

const codeOf = (answer: Response): string => `${answer.status} ${answer.headers.get('x-portcullis-response') ?? ''}`
async function emailOf(visitor: Visitor): Promise<unknown> {
  const answer = await visitor.send('GET', '/auth/v1/session')
  return answer.status === 200 ? ((await answer.json()) as { user: { email: string } }).user.email : null
}

describe('somebody who signs in with GitHub', () => {
  it('is known by the number of the account and the primary verified address', async () => {
    const [first, second, email] = [newVisitor(gateway), newVisitor(gateway), newEmail()]
    const who = account(email.toUpperCase())
    expect((await enter(first, who)).headers.get('location')).toBe('/private')
    expect(await emailOf(first)).toBe(email)
    await enter(second, { user: { ...who.user, login: 'renamed' }, emails: [] })
    expect(await emailOf(second)).toBe(email)
  })

  it('is somebody else when the login name has passed on to them', async () => {
    const [first, second] = [newVisitor(gateway), newVisitor(gateway)]
    const [mine, theirs] = [newEmail(), newEmail()]
    await enter(first, account(mine))
    await enter(second, account(theirs))
    expect(await emailOf(second)).toBe(theirs)
  })

  it('is the person who has proven that address here', async () => {
    const person = await newPerson(gateway)
    const visitor = newVisitor(gateway)
    await enter(visitor, account(person.email))
    expect(await emailOf(visitor)).toBe(person.email)
    const rows = await gateway.sql('select count(*)::integer as count from users where email = $1', [person.email])
    expect(rows).toEqual([{ count: 1 }])
  })

  it('gets in where the answer names GitHub as its sender, and not where it names another', async () => {
    const visitor = newVisitor(gateway)
    expect(codeOf(await enter(visitor, account(newEmail()), 'https://accounts.google.com'))).toBe('502 provider_failed')
    expect(await emailOf(visitor)).toBe(null)
  })

  it.each<[string, (email: string) => Account, string]>([
    ['no address', (email) => ({ ...account(email), emails: [] }), '403 address_unproven'],
    [
      'a primary address that is not verified',
      (email) => ({ ...account(email), emails: [{ email, primary: true, verified: false }] }),
      '403 address_unproven',
    ],
    [
      'an address whose state is a text',
      (email) => ({ ...account(email), emails: [{ email, primary: true, verified: 'true' }] }),
      '502 provider_failed',
    ],
    ['addresses that are no list', (email) => ({ ...account(email), emails: { email } }), '502 provider_failed'],
    ['no number', (email) => account(email, { id: undefined }), '502 provider_failed'],
    ['a number that is a text', (email) => account(email, { id: '1#2' }), '502 provider_failed'],
  ])('with %s does not get in', async (_, who, outcome) => {
    const visitor = newVisitor(gateway)
    expect(codeOf(await enter(visitor, who(newEmail())))).toBe(outcome)
    expect(await emailOf(visitor)).toBe(null)
  })

  it.each([
    { error: 'bad_verification_code' },
    { access_token: 'a\r\nb', token_type: 'bearer' },
    { access_token: 'a' },
  ])('does not when the code is answered by %j', async (answer) => {
    tokenAnswer = answer
    try {
      expect(codeOf(await enter(newVisitor(gateway), account(newEmail())))).toBe('502 provider_failed')
    } finally {
      tokenAnswer = null
    }
  })
})
