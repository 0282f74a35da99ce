import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { takeCookies } from '../../../src/access/strip-cookie.ts'
import { fastest } from '../../support/within.ts'

const session = '__Host-portcullis'
const csrf = '__Host-portcullis-csrf'
const names = [session, csrf]

describe('the gateway’s cookies are taken', () => {
  it.each([
    [`${session}=s`, '', { [session]: ['s'] }],
    [`a=1; ${session}=s; b=2`, 'a=1; b=2', { [session]: ['s'] }],
    [`${session}=s; a=1`, 'a=1', { [session]: ['s'] }],
    [`a=1; ${session}=s`, 'a=1', { [session]: ['s'] }],
    [`a=1;${session}=s;b=2`, 'a=1;b=2', { [session]: ['s'] }],
    [`${session}=s; ${csrf}=c; a=1`, 'a=1', { [session]: ['s'], [csrf]: ['c'] }],
    [`${session}=s; x; ${session}=t`, 'x', { [session]: ['s', 't'] }],
    [`a="1 2" ;; b = c;\t${session} = s ;d=`, 'a="1 2" ;; b = c;d=', { [session]: ['s'] }],
    [`a=1; ${session}; b=2`, 'a=1; b=2', { [session]: [''] }],
    [`${session}=a=b==`, '', { [session]: ['a=b=='] }],
    [`${session}="q"`, '', { [session]: ['"q"'] }],
    [`x="1; ${session}=s; y=2"`, 'x="1; y=2"', { [session]: ['s'] }],
    [`;${session}=s;`, ';', { [session]: ['s'] }],
  ])('%s leaves %j', (header, rest, taken) => {
    expect(takeCookies(header, names)).toEqual({ rest, taken })
  })

  it.each(['', 'a=1', 'a=1; b="x;y"; ; =z; é', '__host-portcullis=lower', '__Host-Portcullis=other'])(
    '%j passes untouched',
    (header) => {
      expect(takeCookies(header, names)).toEqual({ rest: header, taken: {} })
    },
  )

  it('and cookies that only resemble them stay', () => {
    expect(takeCookies(`x${session}=1; ${session}-old=2`, [session])).toEqual({
      rest: `x${session}=1; ${session}-old=2`,
      taken: {},
    })
    expect(takeCookies(`last=${session}`, names)).toEqual({ rest: `last=${session}`, taken: {} })
  })

  it('as data, also when they are called like something of Object', () => {
    const result = takeCookies('__proto__=x; a=1', ['__proto__'])
    expect(result === 'ambiguous' ? null : Object.entries(result.taken)).toEqual([['__proto__', ['x']]])
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })
})

describe('a header is ambiguous', () => {
  it.each([
    `a=1, ${session}=s`,
    `a=1,${session}=s; b=2`,
    `a=1 ${session}=s`,
    `a="${session}=s"`,
    `a=${session}=s`.replace('a=', 'a=/'),
    `a=1\u00a0${session} =s`,
    `\u00a0${session}=s`,
    `${session}=ok; b=1, ${session}\t=t`,
    `a=1, ${csrf}=c`,
    `a=b=${session}=s`,
    `"${session}"="s", ${session}=t`,
  ])('%j', (header) => {
    expect(takeCookies(header, names)).toBe('ambiguous')
  })
})

describe('for any header', () => {
  it('the rest holds every other pair in its order and bytes, and no pair of ours', () => {
    const text = fc.string({ unit: fc.constantFrom(...'abc="\\, \t'), maxLength: 6 })
    const foreign = fc.tuple(text, text).map(([name, value]) => `${name}=${value}`)
    const own = fc
      .tuple(fc.constantFrom(...names), fc.constantFrom('', 's', ' t '))
      .map(([name, value]) => ` ${name}=${value}`)
    fc.assert(
      fc.property(fc.array(fc.oneof(foreign, own, text), { maxLength: 8 }), (pairs) => {
        const result = takeCookies(pairs.join(';'), names)
        if (result === 'ambiguous') throw new Error('nothing of ours is hidden here')
        const isOwn = (pair: string): boolean => names.includes(pair.split('=')[0]?.trim() ?? '')
        const others = pairs.filter((pair) => !isOwn(pair))
        expect(result.rest.trimStart()).toBe(others.join(';').trimStart())
        expect(Object.values(result.taken).flat().length).toBe(pairs.length - others.length)
      }),
      { numRuns: 5000 },
    )
  })

  it('takes linear time', () => {
    const units = [';', ' ', `${session} `, `,${session}`, `${session}=;`, ';\t', '__Host-']
    const headers = units.map((unit) => `${unit.repeat(Math.floor(60_000 / unit.length))};${session}=s`)
    const takeAll = (): void => void headers.map((header) => takeCookies(header, names))
    expect(fastest(400, takeAll)).toBeLessThan(400)
  })
})

describe('a name behind one that only ends like it', () => {
  it.each([`a=x${session}, ${session}=s`, `a=x${session}=1 ${session}=s`])('is found: %s', (header) => {
    expect(takeCookies(header, names)).toBe('ambiguous')
  })
})
