import { describe, expect, it } from 'vitest'
import { createKnownDevices } from '../../../src/login/known-devices.ts'

const dayMs = 86_400_000

function setUp(key = new Uint8Array(32).fill(7)) {
  let nowMs = 1_800_000_000_500
  const devices = createKnownDevices(key, { validMs: 180 * dayMs, now: () => nowMs })
  return { devices, later: (ms: number) => (nowMs += ms) }
}

describe('the mark of a device', () => {
  it('is good for the account it was made for, and for no other', () => {
    const { devices } = setUp()
    const { cookie } = devices.mark(null, 'account:a')
    expect(devices.deviceOf(cookie, 'account:a')).toMatch(/^[\w-]{22}$/)
    expect(devices.deviceOf(cookie, 'account:b')).toBeNull()
  })

  it('is not good when anything of it was changed or it is signed by another key', () => {
    const { devices } = setUp()
    const { cookie } = devices.mark(null, 'account:a')
    for (let index = 0; index < cookie.length; index += 1) {
      const other = cookie[index] === 'A' ? 'B' : 'A'
      const changed = cookie.slice(0, index) + other + cookie.slice(index + 1)
      if (changed !== cookie) expect([index, devices.deviceOf(changed, 'account:a')]).toEqual([index, null])
    }
    expect(setUp(new Uint8Array(32)).devices.deviceOf(cookie, 'account:a')).toBeNull()
    for (const text of [null, '', '~~~~', `${cookie}x`, cookie.slice(1)]) {
      expect(devices.deviceOf(text, 'account:a')).toBeNull()
    }
  })

  it('ends with its time, and lasts anew from each sign-in, under the same name', () => {
    const { devices, later } = setUp()
    const { cookie, expiresAtMs } = devices.mark(null, 'account:a')
    const device = devices.deviceOf(cookie, 'account:a')
    expect(expiresAtMs).toBe(1_800_000_000_500 + 180 * dayMs)
    later(179 * dayMs)
    const again = devices.mark(cookie, 'account:a').cookie
    expect(devices.deviceOf(again, 'account:a')).toBe(device)
    later(dayMs)
    expect(devices.deviceOf(cookie, 'account:a')).toBeNull()
    expect(devices.deviceOf(again, 'account:a')).toBe(device)
  })

  it('leaves the marks of others who share the device, four of them at most', () => {
    const { devices } = setUp()
    let cookie: string | null = null
    for (const account of ['a', 'b', 'c', 'd', 'e', 'b']) cookie = devices.mark(cookie, account).cookie
    const known = ['a', 'b', 'c', 'd', 'e'].map((account) => devices.deviceOf(cookie, account) !== null)
    expect(known).toEqual([false, true, true, true, true])
  })
})
