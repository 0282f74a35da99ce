import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'

const object = () => env.KEY_SETS.getByName(crypto.randomUUID())

describe('the key set object', () => {
  it('has nothing at first', async () => {
    expect(await object().read()).toBe(null)
  })

  it('keeps the newest set, whoever comes last, across an eviction', async () => {
    const sets = object()
    await sets.keep({ text: 'second', fetchedAtMs: 2000 })
    await sets.keep({ text: 'first', fetchedAtMs: 1000 })
    await sets.keep({ text: 'another second', fetchedAtMs: 2000 })
    await evictDurableObject(sets)
    expect(await sets.read()).toEqual({ text: 'second', fetchedAtMs: 2000 })
    await sets.keep({ text: 'third', fetchedAtMs: 3000 })
    expect(await sets.read()).toEqual({ text: 'third', fetchedAtMs: 3000 })
  })
})
