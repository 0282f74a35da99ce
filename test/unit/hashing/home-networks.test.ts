// Networks where somebody is signed in.
import { expect, it } from 'vitest'
import { createHomeNetworks } from '../../../src/hashing/home-networks.ts'

it('is remembered for an hour after it was last seen, and no other one is', () => {
  let nowMs = 0
  const homes = createHomeNetworks(() => nowMs)
  expect(homes.has('address:192.0.2.1')).toBe(false)
  homes.note('address:192.0.2.1')
  nowMs = 3_000_000
  homes.note('address:192.0.2.1')
  nowMs += 3_599_999
  expect(homes.has('address:192.0.2.1')).toBe(true)
  expect(homes.has('address:192.0.2.2')).toBe(false)
  nowMs += 1
  expect(homes.has('address:192.0.2.1')).toBe(false)
})
