import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

const app = 'https://app.example.com'
const stranger = 'https://app.example.com.evil.test'

let gateway: TestGateway
beforeAll(async () => {
  const bundle = bundleWith({ ...shippedConfig, cors: { allowedOrigins: [app] } })
  gateway = await startGateway({ bundle })
})
afterAll(() => gateway.stop())

function preflight(path: string, origin: string): Promise<Response> {
  const asked = {
    origin,
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'x-one, content-type',
  }
  return newVisitor(gateway).send('OPTIONS', path, undefined, asked)
}

describe('scripts of other origins', () => {
  it('a preflight of a listed origin is answered without asking who it is', async () => {
    const answer = await preflight('/api/me', app)
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe(app)
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
    expect(answer.headers.get('access-control-allow-methods')).toBe('PUT')
    expect(answer.headers.get('access-control-allow-headers')).toBe('x-one, content-type')
    expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin')
  })

  it.each([stranger, 'null', 'http://app.example.com', 'https://APP.example.com'])(
    'a preflight of %s is refused',
    async (origin) => {
      const answer = await preflight('/api/me', origin)
      expect(answer.status).toBe(403)
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    },
  )

  it('the site answers preflights of its public paths itself', async () => {
    const answer = await preflight('/public/x', stranger)
    expect(answer.headers.get('x-portcullis-response')).toBeNull()
  })

  it('a refusal can be read by a script of a listed origin and by no other', async () => {
    const [listed, other] = await Promise.all(
      [app, stranger].map((origin) => newVisitor(gateway).send('GET', '/api/me', undefined, { origin })),
    )
    expect(listed?.status).toBe(401)
    expect(listed?.headers.get('access-control-allow-origin')).toBe(app)
    expect(listed?.headers.get('access-control-expose-headers')).toContain('www-authenticate')
    expect(other?.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('the gateway’s own paths allow no other origin, listed or not', async () => {
    const { visitor } = await newPerson(gateway)
    const answer = await visitor.send('GET', '/auth/v1/session', undefined, { origin: app })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    const logout = await visitor.send('POST', '/auth/v1/logout', undefined, { origin: app })
    expect(logout.status).toBe(403)
  })
})
