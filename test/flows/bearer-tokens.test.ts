// Programs and apps come with tokens of issuers the site trusts, and are somebody.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyRequest } from '../../sdk/node/verify-request.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestIssuer, audience, inSeconds, startIssuer } from '../support/issuer.ts'
import { newPerson } from '../support/people.ts'
import { type RecordingOrigin, startRecordingOrigin, valuesOf } from '../support/recording-origin.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

let issuer: TestIssuer
let origin: RecordingOrigin
let gateway: TestGateway

beforeAll(async () => {
  ;[issuer, origin] = await Promise.all([startIssuer(), startRecordingOrigin()])
  const issuers = [
    { issuer: issuer.url, jwksUrl: `${issuer.url}/keys`, audiences: [audience], claims: { roles: 'groups' } },
  ]
  gateway = await startGateway({
    originUrl: origin.url,
    bundle: await bundleWith({ ...shippedConfig, issuers }),
  })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([issuer.stop(), origin.stop()])
})

const send = (token: string, path = '/private', headers: Record<string, string> = {}): Promise<Response> =>
  newVisitor(gateway).send('GET', path, undefined, { authorization: `Bearer ${token}`, ...headers })

const newSubject = (): string => `user|${randomUUID()}`

describe('a token of a trusted issuer', () => {
  it('makes its holder somebody, whom the origin can verify', async () => {
    const probe = randomUUID()
    const sub = newSubject()
    const token = await issuer.token({
      sub,
      email: `${probe}@Example.com`,
      email_verified: true,
      name: 'Ann Example',
      groups: ['editor', 'editor', 'reader'],
      amr: ['pwd', 'mfa'],
      auth_time: inSeconds(-60),
    })
    const answer = await send(token, '/private', { 'x-probe': probe })
    expect(answer.status).toBe(200)
    const [received] = origin.of(probe)
    const assertion = received === undefined ? '' : (valuesOf(received, 'x-portcullis-assertion')[0] ?? '')
    const identity = await verifyRequest(
      { 'x-portcullis-assertion': assertion },
      { issuer: gateway.url, audience: 'site' },
    )
    const [row] = await gateway.sql(
      'select u.id, u.email from users u join identities i on i.user_id = u.id where i.subject = $1',
      [`${issuer.url}#${sub}`],
    )
    expect(identity).toMatchObject({
      sub: row?.['id'],
      sid: null,
      email: `${probe}@example.com`,
      email_verified: true,
      name: 'Ann Example',
      roles: ['editor', 'reader'],
      amr: ['pwd', 'mfa'],
      acr: 'aal2',
    })
    expect(received === undefined ? null : valuesOf(received, 'x-auth-roles')).toEqual(['editor,reader'])
  })
})
