import { describe, expect, it } from 'vitest'
import { ChangeLog } from '../../../src/sessions/change-log.ts'
import { leaseMs, renewLeaseAfterMs } from '../../../src/sessions/policy.ts'
import { type ShardLease, createShardLeases } from '../../../src/sessions/shard-leases.ts'

describe('the log of changes', () => {
  it('names everybody to whom something happened since, once each', () => {
    const log = new ChangeLog('life')
    log.note('before')
    const { position } = log
    for (const userId of ['a', 'b', 'a']) log.note(userId)
    expect(log.since(position)).toEqual({ epoch: 'life', version: 4, userIds: ['a', 'b'] })
    expect(log.since(log.position).userIds).toEqual([])
  })

  it('knows whom it names, and names everybody once it has forgotten somebody', () => {
    const log = new ChangeLog('life')
    log.note('a')
    expect([log.names('a'), log.names('b')]).toEqual([true, false])
    for (let i = 1; i < 1000; i += 1) log.note('a')
    expect(log.names('b')).toBe(false)
    log.note('a')
    expect(log.names('b')).toBe(true)
  })

  it('says of another life, of a future it has not seen and of a past it forgot that anything may have happened', () => {
    const log = new ChangeLog('life')
    const start = log.position
    expect(log.since({ epoch: 'another', version: 0 }).userIds).toBeNull()
    expect(log.since({ epoch: 'life', version: 1 }).userIds).toBeNull()
    for (let i = 0; i < 1000; i += 1) log.note(String(i))
    expect(log.since(start).userIds).toHaveLength(1000)
    log.note('one too many')
    expect(log.since(start).userIds).toBeNull()
  })
})

describe('the lease of a shard', () => {
  const setUp = () => {
    let nowMs = 10_000
    const forgotten: string[] = []
    const leases = createShardLeases(
      () => nowMs,
      (userIds) => void forgotten.push(...userIds),
    )
    const log = new ChangeLog('life')
    const vouch = (position = log.position): ShardLease => {
      const lease = leases.vouch('eu-1', position, nowMs)
      if (lease === null) throw new Error('nothing was vouched for')
      return lease
    }
    return { leases, log, vouch, forgotten, now: () => nowMs, pass: (ms: number) => (nowMs += ms) }
  }

  it('runs out when nobody renews it, counted from before the question', async () => {
    const { leases, log, vouch, now, pass } = setUp()
    const lease = vouch()
    expect(lease.untilMs).toBe(now() + leaseMs)
    const askedAtMs = now()
    await leases.renew(lease, (since) => {
      pass(300)
      return Promise.resolve(log.since(since))
    })
    expect(lease.untilMs).toBe(askedAtMs + leaseMs)
  })

  it('is due for renewal well before it runs out, and not again while a question is under way', async () => {
    const { leases, log, vouch, pass } = setUp()
    const lease = vouch()
    pass(renewLeaseAfterMs - 1)
    expect(leases.isRenewalDue(lease)).toBe(false)
    pass(1)
    expect(leases.isRenewalDue(lease)).toBe(true)
    let answer = (): void => {}
    const renewal = leases.renew(lease, (since) => new Promise((resolve) => (answer = () => resolve(log.since(since)))))
    expect(leases.isRenewalDue(lease)).toBe(false)
    answer()
    await renewal
  })

  it('forgets whoever was changed before anything else is relied on for longer', async () => {
    const { log, pass } = setUp()
    const untilWhenForgotten: number[] = []
    let lease: ShardLease | null = null
    const leases = createShardLeases(
      () => 10_400,
      () => void untilWhenForgotten.push(lease?.untilMs ?? 0),
    )
    lease = leases.vouch('eu-1', log.position, 10_000)
    if (lease === null) throw new Error('nothing was vouched for')
    log.note('changed')
    pass(400)
    await leases.renew(lease, (since) => Promise.resolve(log.since(since)))
    expect(untilWhenForgotten).toEqual([10_000 + leaseMs])
    expect(lease.untilMs).toBe(10_400 + leaseMs)
  })

  it('is taken back whole when the object does not remember so far', async () => {
    const { leases, vouch } = setUp()
    const lease = vouch()
    await leases.renew(lease, () => Promise.resolve({ epoch: 'next life', version: 0, userIds: null }))
    expect(lease.untilMs).toBe(0)
    expect(vouch({ epoch: 'next life', version: 0 })).not.toBe(lease)
  })

  it('is taken back when an answer comes from an object that started anew', () => {
    const { vouch } = setUp()
    const lease = vouch()
    const next = vouch({ epoch: 'next life', version: 0 })
    expect(lease.untilMs).toBe(0)
    expect(next.untilMs).toBeGreaterThan(0)
  })

  it('vouches for no answer that a renewal has overtaken: the change in between may be about it', async () => {
    const { leases, log, vouch, now } = setUp()
    const early = log.position
    const lease = vouch()
    log.note('somebody')
    await leases.renew(lease, (since) => Promise.resolve(log.since(since)))
    expect(leases.vouch('eu-1', early, now())).toBeNull()
  })

  it('asks for changes since the last renewal, not since a later answer about one session', async () => {
    const { leases, log, vouch, forgotten, pass } = setUp()
    const lease = vouch()
    log.note('somebody')
    pass(100)
    const untilMs = lease.untilMs
    expect(vouch()).toBe(lease)
    // That answer knew of the change, the sessions that were known before do not.
    expect(lease.untilMs).toBe(untilMs)
    await leases.renew(lease, (since) => Promise.resolve(log.since(since)))
    expect(forgotten).toEqual(['somebody'])
  })

  it('is renewed by an answer about one session when nothing happened to anybody', () => {
    const { vouch, now, pass } = setUp()
    const lease = vouch()
    pass(500)
    vouch()
    expect(lease.untilMs).toBe(now() + leaseMs)
  })

  it('stays as it is when nobody answers', async () => {
    const { leases, vouch } = setUp()
    const lease = vouch()
    const { untilMs } = lease
    await expect(leases.renew(lease, () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect(lease.untilMs).toBe(untilMs)
  })
})
