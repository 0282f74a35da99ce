// The adapter alone, against an endpoint that does what a test says.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPwnedPasswords } from '../../../src/providers/breach-list/pwned-passwords.ts'
import { type BreachListVendor, startBreachList } from '../../../tools/dev/breach-list.ts'

const leaked = 'a password that leaked'
let vendor: BreachListVendor
beforeAll(async () => {
  vendor = await startBreachList({ leaked: [leaked], padding: ['only padding'] })
})
beforeEach(() => vendor.mode('ok'))
afterAll(() => vendor.stop())

const has = (password: string): Promise<boolean> => createPwnedPasswords({ endpoint: vendor.url }).has(password)

describe('the breach list', () => {
  it('knows a leaked password, in either composition, and no other', async () => {
    expect(await has(leaked)).toBe(true)
    expect(await has(`${leaked}!`)).toBe(false)
  })

  it('is asked for padding, by five digits and nothing else', async () => {
    await has('something nobody else types')
    const digest = createHash('sha1').update('something nobody else types').digest('hex').toUpperCase()
    expect(vendor.asked().at(-1)).toEqual({ path: `/range/${digest.slice(0, 5)}`, padding: 'true' })
  })

  it('does not take padding for a leak', async () => {
    expect(await has('only padding')).toBe(false)
  })

  it.each(['fail', 'portal'] as const)(
    'throws, and names nothing of what was asked, when it answers by %s',
    async (mode) => {
      vendor.mode(mode)
      const error = await has(leaked).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'BreachListFault' })
      expect(String(error)).not.toMatch(/range|[0-9A-F]{5}/)
    },
  )

  it('waits a second at most', async () => {
    vendor.mode('hang')
    const startedAt = performance.now()
    await expect(has(leaked)).rejects.toMatchObject({ name: 'BreachListFault' })
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })
})
