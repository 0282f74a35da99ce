// Passwords hashed by another process, bound as a service: signing in is the same, and nothing gets in while it is away.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Workerd } from '../../tools/dev/workerd.ts'
import type { TestGateway } from '../support/gateway.ts'
import { startWithHashing } from '../support/hash-service.ts'
import { newPerson, signInAgain } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let service: Workerd
let stop: () => Promise<void>

beforeAll(async () => {
  ;({ gateway, service, stop } = await startWithHashing())
})
afterAll(() => stop())

describe('a service that hashes passwords', () => {
  it('is asked for every password, and everything works as without it', async () => {
    const person = await newPerson(gateway)
    expect((await (await signInAgain(gateway, person)).send('GET', '/private')).status).toBe(200)
    const wrong = await newVisitor(gateway).send('POST', '/auth/v1/login', {
      email: person.email,
      password: 'not this',
    })
    expect(wrong.status).toBe(401)
  })

  it('takes nothing but its one question', async () => {
    const [url = ''] = service.urls
    expect((await fetch(url)).status).toBe(405)
    for (const body of ['', '{}', '{"owner":"x","job":{"kind":"show-pepper"}}'])
      expect((await fetch(url, { method: 'POST', body })).status).toBe(400)
  })

  it('lets nobody in while it is away, says so, and counts no guess against the account', async () => {
    const person = await newPerson(gateway)
    const visitor = newVisitor(gateway)
    await service.kill()
    const signIn = (password: string) => visitor.send('POST', '/auth/v1/login', { email: person.email, password })
    for (const password of [person.password, 'not this', 'nor that', 'nor this']) {
      const answer = await signIn(password)
      expect([answer.status, answer.headers.has('retry-after')]).toEqual([503, true])
    }
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
    await service.restart()
    expect((await signIn(person.password)).status).toBe(200)
  })
})

describe('a place that hashes, when more passwords come than it can take', () => {
  let small: TestGateway
  let stopSmall: () => Promise<void>
  beforeAll(async () => {
    // On another thread, or whoever asks the database meanwhile waits for all that is hashed.
    const limits = { rules: { login: { limit: 1000 } } }
    const login = { hashing: { places: 1, waiting: 2 } }
    const bundle = bundleWith({ ...shippedConfig, login, limits })
    ;({ gateway: small, stop: stopSmall } = await startWithHashing({ bundle }))
  })
  afterAll(() => stopSmall())

  it('turns away whom it cannot take, who may come again, and serves another network meanwhile', async () => {
    const flood = newVisitor(small)
    const ask = async (visitor: Visitor, n: number) =>
      visitor.send('POST', '/auth/v1/login', { email: `nobody-${n}@example.com`, password: 'not this one' })
    // Fewer than may ask the database at once, which must not be what turns them away.
    const flooding = 16
    const many = Array.from({ length: flooding }, (_, n) => ask(flood, n))
    const alone = await ask(newVisitor(small), 100)
    const answers = await Promise.all(many)
    expect(alone.status).toBe(401)
    const busy = answers.filter(({ status }) => status === 503)
    expect(busy.length).toBeGreaterThan(0)
    expect(busy.every((answer) => Number(answer.headers.get('retry-after')) > 0)).toBe(true)
    expect(answers.filter(({ status }) => status === 401).length).toBe(flooding - busy.length)
    expect((await ask(flood, 101)).status).toBe(401)
  })

  it('lets people in on their own devices while strangers from everywhere wait', async () => {
    const person = await newPerson(small)
    const strangers = Array.from({ length: 12 }, (_, n) =>
      newVisitor(small).send('POST', '/auth/v1/login', { email: `nobody-${n}@example.com`, password: 'not this one' }),
    )
    const device = '__Host-portcullis-device'
    const known = newVisitor(small)
    known.cookies.set(device, person.visitor.cookies.get(device) ?? '')
    const again = known.send('POST', '/auth/v1/login', { email: person.email, password: person.password })
    expect((await again).status).toBe(200)
    const answers = await Promise.all(strangers)
    expect(answers.some(({ status }) => status === 503)).toBe(true)
  })
})
