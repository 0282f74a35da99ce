import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { HashAnswer, Waiter } from '../../src/hashing/hash-job.ts'

const stranger = (network: string): Waiter => ({ network, standing: 'stranger' })
const somebody = stranger('somebody')
const place = () => env.HASHERS.getByName(crypto.randomUUID())

describe('a place that hashes', () => {
  it('hashes, and compares with what it made', async () => {
    const object = place()
    const answer = await object.run(somebody, { kind: 'hash', password: 'open the gate' })
    const stored = answer.kind === 'hashed' ? answer.hash : ''
    expect(stored).toMatch(/^v1\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    const compare = (password: string) => object.run(somebody, { kind: 'verify', stored, password })
    expect(await compare('open the gate')).toEqual({ kind: 'compared', isRight: true, needsRehash: false })
    expect(await compare('open the door')).toEqual({ kind: 'compared', isRight: false, needsRehash: false })
    const nothing = await object.run(somebody, { kind: 'verify-nothing', password: 'open the gate' })
    expect(nothing).toEqual({ kind: 'compared', isRight: false, needsRehash: false })
  })

  it('turns a flood away, and serves whoever comes alone before most of it', async () => {
    const object = place()
    const order: string[] = []
    const ask = async (waiter: Waiter): Promise<HashAnswer> => {
      const answer = await object.run(waiter, { kind: 'verify-nothing', password: 'x' })
      order.push(answer.kind === 'busy' ? 'busy' : waiter.network)
      return answer
    }
    const flood = Array.from({ length: 60 }, () => ask(stranger('flood')))
    const alone = ask(stranger('alone'))
    expect((await alone).kind).toBe('compared')
    const served = order.filter((owner) => owner !== 'busy')
    // One may be under way when it comes, and one more be next.
    expect(served.length).toBeLessThanOrEqual(4)
    const answers = await Promise.all(flood)
    // As many as may wait, and the one that was taken up before there was a queue.
    expect(answers.filter(({ kind }) => kind === 'compared').length).toBeLessThanOrEqual(41)
    expect(answers.filter(({ kind }) => kind === 'busy').length).toBeGreaterThanOrEqual(19)
  })

  it('serves who has proven something before all strangers, and turns none of them away for one', async () => {
    const object = place()
    const order: string[] = []
    const ask = async (waiter: Waiter): Promise<void> => {
      const answer = await object.run(waiter, { kind: 'verify-nothing', password: 'x' })
      order.push(answer.kind === 'busy' ? `no ${waiter.standing}` : waiter.standing)
    }
    const flood = Array.from({ length: 60 }, (_, index) => ask(stranger(`network ${index}`)))
    const neighbours = Array.from({ length: 3 }, () => ask({ network: 'home', standing: 'neighbour' }))
    const owners = Array.from({ length: 3 }, () => ask({ network: 'home', standing: 'proven' }))
    await Promise.all([...flood, ...neighbours, ...owners])
    const served = order.filter((who) => !who.startsWith('no '))
    const isBusy = new Set(order.filter((who) => who.startsWith('no ')))
    expect(isBusy).toEqual(new Set(['no stranger']))
    // What was under way when they came goes on.
    expect(served.lastIndexOf('proven')).toBeLessThan(5)
    expect(served.lastIndexOf('neighbour')).toBeLessThan(8)
  })

  it('goes on after a job that fails', async () => {
    const object = place()
    const broken = object.run(somebody, { kind: 'verify', stored: 'v1$argon2id$nonsense', password: 'x' })
    const answer = await broken.catch(() => null)
    expect(answer === null || (answer.kind === 'compared' && !answer.isRight)).toBe(true)
    expect((await object.run(somebody, { kind: 'verify-nothing', password: 'x' })).kind).toBe('compared')
  })
})
