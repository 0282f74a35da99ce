import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { HashAnswer } from '../../src/hashing/hash-job.ts'

const place = () => env.HASHERS.getByName(crypto.randomUUID())

describe('a place that hashes', () => {
  it('hashes, and compares with what it made', async () => {
    const object = place()
    const answer = await object.run('somebody', { kind: 'hash', password: 'open the gate' })
    const stored = answer.kind === 'hashed' ? answer.hash : ''
    expect(stored).toMatch(/^v1\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    const compare = (password: string) => object.run('somebody', { kind: 'verify', stored, password })
    expect(await compare('open the gate')).toEqual({ kind: 'compared', isRight: true, needsRehash: false })
    expect(await compare('open the door')).toEqual({ kind: 'compared', isRight: false, needsRehash: false })
    const nothing = await object.run('somebody', { kind: 'verify-nothing', password: 'open the gate' })
    expect(nothing).toEqual({ kind: 'compared', isRight: false, needsRehash: false })
  })

  it('turns a flood away, and serves whoever comes alone before most of it', async () => {
    const object = place()
    const order: string[] = []
    const ask = async (owner: string): Promise<HashAnswer> => {
      const answer = await object.run(owner, { kind: 'verify-nothing', password: 'x' })
      order.push(answer.kind === 'busy' ? 'busy' : owner)
      return answer
    }
    const flood = Array.from({ length: 60 }, () => ask('flood'))
    const alone = ask('alone')
    expect((await alone).kind).toBe('compared')
    const served = order.filter((owner) => owner !== 'busy')
    // One may be under way when it comes, and one more be next.
    expect(served.length).toBeLessThanOrEqual(4)
    const answers = await Promise.all(flood)
    // As many as may wait, and the one that was taken up before there was a queue.
    expect(answers.filter(({ kind }) => kind === 'compared').length).toBeLessThanOrEqual(41)
    expect(answers.filter(({ kind }) => kind === 'busy').length).toBeGreaterThanOrEqual(19)
  })

  it('goes on after a job that fails', async () => {
    const object = place()
    const broken = object.run('somebody', { kind: 'verify', stored: 'v1$argon2id$nonsense', password: 'x' })
    const answer = await broken.catch(() => null)
    expect(answer === null || (answer.kind === 'compared' && !answer.isRight)).toBe(true)
    expect((await object.run('somebody', { kind: 'verify-nothing', password: 'x' })).kind).toBe('compared')
  })
})
