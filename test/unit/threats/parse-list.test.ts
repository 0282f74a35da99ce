// Published lists as they are, and what is no such list.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressWords } from '../../../src/threats/network-lists/address.ts'
import type { ListFormat } from '../../../src/threats/network-lists/list-formats.ts'
import { hasShrunk } from '../../../src/threats/network-lists/lists.ts'
import { createListParser } from '../../../src/threats/network-lists/parse-list.ts'
import { entriesOf, isInSet, type PrefixSet } from '../../../src/threats/network-lists/prefix-set.ts'

const netset = `#
# firehol_level1
#
# Maintainer      : FireHOL
0.0.0.0/8
1.10.16.0/20
1.19.0.0/16
224.0.0.0/3
`
const dropText = `; Spamhaus DROP List 2026/11/20 - (c) 2026 The Spamhaus Project
; Last-Modified: Fri, 20 Nov 2026 17:10:19 GMT
1.10.16.0/20 ; SBL256894
1.19.0.0/16 ; SBL434604
`
const dropJson = `{"cidr":"1.10.16.0/20","sblid":"SBL256894","rir":"apnic"}
{"cidr":"2a06:f900::/29","sblid":"SBL434604","rir":"ripencc"}
{"type":"metadata","timestamp":1763657419,"size":1234,"records":2,"copyright":"(c) 2026 The Spamhaus Project SLU"}
`
const torExits = `ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E
Published 2026-11-20 15:41:38
LastStatus 2026-11-20 16:00:00
ExitAddress 162.247.74.201 2026-11-20 16:07:28
ExitNode 0020BD2485AD45D984EC4159C88FC066E5E3300E
Published 2026-11-20 15:41:38
LastStatus 2026-11-20 16:00:00
ExitAddress 2001:db8::7 2026-11-20 16:07:28
`

function parse(format: ListFormat, text: string, pieces = 7) {
  const parser = createListParser(format)
  for (let at = 0; at < text.length; at += pieces) parser.take(text.slice(at, at + pieces))
  return parser.finish()
}

function entries(format: ListFormat, text: string): PrefixSet {
  const parsed = parse(format, text)
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.value
}

const has = (set: PrefixSet, address: string): boolean => isInSet(set, addressWords(address) ?? [0])

describe('a list', () => {
  it.each([
    ['plain', netset, ['1.10.31.255', '1.19.7.7'], ['1.10.32.0', '225.0.0.1']],
    ['plain', dropText, ['1.10.16.0'], ['8.8.8.8']],
    ['plain', '192.0.2.1\r\n2001:db8::1\r\n# end', ['192.0.2.1', '2001:db8::1'], ['192.0.2.2', '2001:db8::2']],
    ['spamhaus-json', dropJson, ['1.10.16.0', '2a06:f907::1'], ['2a06:f908::1']],
    ['tor-exit-addresses', torExits, ['162.247.74.201', '2001:db8::7'], ['162.247.74.202']],
  ] as const)('in the form %s is read in whatever pieces it comes', (format, text, inside, outside) => {
    for (const pieces of [1, 5, 64, text.length]) {
      const parsed = parse(format, text, pieces)
      expect(parsed.ok).toBe(true)
    }
    const set = entries(format, text)
    expect(inside.filter((address) => !has(set, address))).toEqual([])
    expect(outside.filter((address) => has(set, address))).toEqual([])
  })

  it.each([
    ['plain', '<!doctype html>\n<title>Blocked</title>\n', 'unreadable'],
    ['plain', '{"error": "rate limited"}', 'unreadable'],
    ['spamhaus-json', dropText, 'unreadable'],
    ['tor-exit-addresses', netset, 'unreadable'],
    ['plain', '# nothing today\n', 'empty'],
    ['plain', '', 'empty'],
    ['plain', '1.2.3.4\n0.0.0.0/0\n', 'too broad'],
    ['plain', '1.2.3.4\n::/0\n', 'too broad'],
    ['plain', '1.2.3.4\n16.0.0.0/7\n', 'too broad'],
    ['plain', '9'.repeat(10_000), 'unreadable'],
  ] as const)('in the form %s is refused whole: %j', (format, text, problem) => {
    expect(parse(format, text)).toEqual({ ok: false, problem })
  })

  it('may have a line in a hundred that is newer than this code, and no more', () => {
    const lines = Array.from({ length: 200 }, (_, index) => `10.0.0.${index}`)
    expect(parse('plain', [...lines, 'range 1-2'].join('\n')).ok).toBe(true)
    expect(parse('plain', [...lines, 'a', 'b', 'c'].join('\n')).ok).toBe(false)
  })

  it('never breaks the parser, whatever it says', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('plain', 'spamhaus-json', 'tor-exit-addresses'),
        fc.string({ maxLength: 300 }),
        (format, text) => {
          const parsed = parse(format, text)
          expect(parsed.ok ? entriesOf(parsed.value) > 0 : parsed.problem.length > 0).toBe(true)
        },
      ),
    )
  })

  it('has shrunk when it lost more than half of its entries', () => {
    expect([hasShrunk(49, 100), hasShrunk(50, 100), hasShrunk(1, null)]).toEqual([true, false, false])
  })
})
