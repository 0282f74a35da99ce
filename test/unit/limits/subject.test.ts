import { describe, expect, it } from 'vitest'
import { addressSubject, networkSubject, limitObjectName, secretSubject } from '../../../src/limits/subject.ts'

const key = new Uint8Array(32)

describe('the subject of an address', () => {
  it.each([
    ['203.0.113.7', 'address:203.0.113.7'],
    ['::ffff:203.0.113.7', 'address:203.0.113.7'],
    ['::FFFF:CB00:7107', 'address:203.0.113.7'],
    ['2001:db8:1:2::1', 'address:2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', 'address:2001:db8:1:2::/64'],
  ])('%s is counted as %s', (ip, subject) => {
    expect(addressSubject(ip, 64)).toBe(subject)
  })

  it('is one for 65,536 addresses of a network, and as wide as a site says', () => {
    const subjects = new Set<string>()
    for (let host = 0; host < 65_536; host += 1) {
      subjects.add(addressSubject(`2001:db8:1:2:${host.toString(16)}::${((host * 7) % 65_536).toString(16)}`, 64))
    }
    expect(subjects.size).toBe(1)
    expect(addressSubject('2001:db8:1:2::1', 48)).toBe(addressSubject('2001:db8:1:ffff::1', 48))
    expect(addressSubject('2001:db8:1:2::1', 48)).not.toBe(addressSubject('2001:db8:2::1', 48))
    expect(addressSubject('2001:db8:1:2:300::', 56)).toBe(addressSubject('2001:db8:1:ff::', 56))
  })

  it.each([
    null,
    '',
    'x',
    '1.2.3.4, 5.6.7.8',
    '999.1.1.1',
    '203.0.113.7:80',
    `::${'0'.repeat(1_000_000)}1`,
    // That of every Worker that asks another.
    '2a06:98c0:3600::103',
    '2A06:98C0:3600:0:0:0:0:103',
  ])('%# shares one strict bucket', (ip) => {
    expect(addressSubject(ip, 64)).toBe('address:unknown')
  })
})

describe('the object that counts a subject', () => {
  it('is one of a fixed number, whatever a subject or a place is called', () => {
    const names = new Set<string>()
    for (let index = 0; index < 20_000; index += 1) names.add(limitObjectName(`address:${index}`, `p${index}`, 64))
    expect(names.size).toBe(64)
    expect([...names].every((name) => /^limit:all:\d{1,2}$/.test(name))).toBe(true)
  })

  it('is near an address, and one in the world where no place is given', () => {
    expect(limitObjectName('address:a', 'EU', 64)).toMatch(/^limit:eu:/)
    expect(limitObjectName('address:a', null, 64)).toMatch(/^limit:all:/)
  })
})

describe('a secret subject', () => {
  it('says nothing of whom it is, is the same every time, and differs by kind and by key', () => {
    const subject = secretSubject('account', key, 'somebody@example.com')
    expect(subject).toMatch(/^account:[\w-]{43}$/)
    expect(secretSubject('account', key, 'somebody@example.com')).toBe(subject)
    expect(secretSubject('mail-address', key, 'somebody@example.com').slice(-43)).not.toBe(subject.slice(-43))
    expect(secretSubject('account', new Uint8Array(32).fill(1), 'somebody@example.com')).not.toBe(subject)
  })
})

describe('the network of a client', () => {
  it('is the first 48 bits of an IPv6 address, and nothing for IPv4 or what is no address', () => {
    expect(networkSubject('2001:db8:1:2::3')).toBe('network:2001:db8:1::/48')
    expect(networkSubject('2001:db8:1:ffff::3')).toBe(networkSubject('2001:db8:1:2::3'))
    expect(networkSubject('2001:db8:2::3')).not.toBe(networkSubject('2001:db8:1::3'))
    for (const other of ['203.0.113.7', '::ffff:203.0.113.7', 'x', null]) expect(networkSubject(other)).toBe(null)
  })
})
