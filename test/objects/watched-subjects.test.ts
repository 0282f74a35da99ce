// Evidence where it is gathered: kept across restarts once it is enough, and a restriction as exact as a count.
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { FlagState } from '../../src/kit/flag.ts'
import type { Question } from '../../src/limits/decide.ts'
import { limitRules } from '../../src/limits/rules.ts'
import { type DetectorId, detectors } from '../../src/threats/detectors/detectors.ts'
import type { Sighting, SightingKind } from '../../src/threats/detectors/evidence.ts'
import type { DetectorPolicy } from '../../src/threats/detectors/watched.ts'

const row = (id: DetectorId, state: FlagState): DetectorPolicy[DetectorId] => ({
  state,
  thresholds: detectors[id].thresholds,
})
const policyOf = (state: FlagState): DetectorPolicy => ({
  'credential-stuffing': row('credential-stuffing', state),
  'account-enumeration': row('account-enumeration', state),
  'sms-flooding': row('sms-flooding', state),
  'distributed-guessing': row('distributed-guessing', state),
  'token-spraying': row('token-spraying', state),
})

const many = (kind: SightingKind, count: number): Sighting[] =>
  Array.from({ length: count }, (_, index) => ({ kind, about: index }))

let names = 0
const newObject = () => env.LIMITS.getByName(`limit:watched:${(names += 1)}`)
const address = { kind: 'address', key: 'address:192.0.2.7' } as const

const question = (id: keyof typeof limitRules): Question => {
  const { limit, windowMs, countsRefused, hasPenalties, isLeased } = limitRules[id]
  return {
    rule: { id, limit, windowMs, countsRefused, hasPenalties, isLeased },
    isEnforced: true,
    units: 1,
    lease: null,
  }
}

describe('an address that is watched', () => {
  it('is known after a restart, once it has shown enough', async () => {
    const object = newObject()
    await object.sighted(address, many('failure', 9), policyOf('shadow'))
    await evictDurableObject(object)
    expect(await object.suspicion(address.key)).toMatchObject({ failures: 9, accounts: 9 })
  })

  it('leaves nothing in the storage when it mistyped', async () => {
    const object = newObject()
    await object.sighted(address, [...many('failure', 3), ...many('success', 50)], policyOf('shadow'))
    await runInDurableObject(object, (_, { storage }) => {
      expect(storage.sql.exec('select * from kept').toArray()).toEqual([])
    })
  })

  it('is restricted where the detector is enforced, also after a restart, and alone', async () => {
    const object = newObject()
    const news = await object.sighted(address, many('failure', 60), policyOf('enforce'))
    expect(news.map(({ type }) => type)).toEqual(['credential-stuffing'])
    for (const restart of [false, true]) {
      if (restart) await evictDurableObject(object)
      const [verdict] = await object.ask(address.key, [question('login')])
      expect(verdict).toMatchObject({ isAllowed: false })
      expect(verdict?.retryAfterMs).toBeGreaterThan(3_500_000)
    }
    const [neighbour] = await object.ask('address:192.0.2.8', [question('login')])
    const [otherRule] = await object.ask(address.key, [question('everything')])
    expect([neighbour?.isAllowed, otherRule?.isAllowed]).toEqual([true, true])
  })

  it('is not restricted in shadow', async () => {
    const object = newObject()
    expect(await object.sighted(address, many('failure', 60), policyOf('shadow'))).toHaveLength(1)
    const [verdict] = await object.ask(address.key, [question('login')])
    expect(verdict?.isAllowed).toBe(true)
  })

  it('is kept out of everything when it sprays tokens beyond doubt', async () => {
    const object = newObject()
    await object.sighted(address, many('refused', 100), policyOf('enforce'))
    await object.sighted(
      address,
      Array.from({ length: 40 }, (_, index) => ({ kind: 'refused', about: 200 + index })),
      policyOf('enforce'),
    )
    for (const restart of [false, true]) {
      if (restart) await evictDurableObject(object)
      const [verdict] = await object.ask(address.key, [question('everything')])
      expect([restart, verdict?.isAllowed]).toEqual([restart, false])
    }
  })

  it('may send a tenth of its requests when it seems to spray tokens, also after a restart', async () => {
    const object = newObject()
    await object.sighted(address, many('refused', 45), policyOf('enforce'))
    for (const restart of [false, true]) {
      if (restart) await evictDurableObject(object)
      const [verdict] = await object.ask(address.key, [question('everything')])
      expect([restart, verdict?.isAllowed, verdict?.limit]).toEqual([restart, true, 100])
    }
  })

  it('writes a flood of sightings down now and then, and a finding at once', async () => {
    const object = newObject()
    const writes = () =>
      runInDurableObject(object, (_, { storage }) => storage.sql.exec('select total_changes() as n').one())
    await object.sighted(address, many('failure', 9), policyOf('shadow'))
    const before = await writes()
    for (let more = 0; more < 9; more += 1)
      await object.sighted(address, [{ kind: 'failure', about: 100 }], policyOf('shadow'))
    expect(await writes()).toEqual(before)
    expect(await object.sighted(address, many('failure', 30), policyOf('shadow'))).toHaveLength(1)
    expect(await writes()).not.toEqual(before)
  })
})
