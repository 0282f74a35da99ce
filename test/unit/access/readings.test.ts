import { describe, expect, it } from 'vitest'
import { readings } from '../../../src/access/readings.ts'
import { ordinaryTargets } from '../../support/ordinary-targets.ts'

describe('the readings of a path', () => {
  it('are the path alone when no origin reads it otherwise', () => {
    for (const path of ['/', '/admin', '/a/b.tar.gz', '/v1/things:batch', '/.well-known/x', '/a,b/c=d', '/..a']) {
      expect(readings(path)).toEqual([path])
    }
  })

  it.each([
    ['/ADMIN/x', '/admin/x'],
    ['/admin/', '/admin'],
    ['/admin;x=1/y', '/admin/y'],
    ['/admin%3Bx/y', '/admin/y'],
    ['/admin./x', '/admin/x'],
    ['/admin%20/x', '/admin/x'],
    ['/admin%20.%20/x', '/admin/x'],
    ['/%20admin/x', '/admin/x'],
    ['/admin+/x', '/admin/x'],
    ['/a%2564min', '/admin'],
    ['/%252561dmin', '/admin'],
    ['/%EF%BD%81dmin', '/admin'],
    ['/%F0%9D%90%9Admin', '/admin'],
    ['/adm%C4%B1n', '/admin'],
    ['/adm%C4%B0n', '/admin'],
    ['/%C3%A1dmin', '/admin'],
    ['/%C5%BFecret', '/secret'],
    ['/ad%E2%80%8Bmin', '/admin'],
    ['/admin%C2%A0', '/admin'],
    ['/admin%E2%80%A8', '/admin'],
    ['/admin::$DATA', '/admin'],
    ['/admin:$i30:$INDEX_ALLOCATION/x', '/admin/x'],
    ['/;/admin', '/admin'],
    ['/%20/admin', '/admin'],
    ['/admin%EF%BC%8Fx', '/admin/x'],
    ['/admin%E2%88%95x', '/admin/x'],
    ['/admin%3Fx/y', '/admin'],
    ['/admin%23/public', '/admin'],
    ['/admin%253Fx', '/admin'],
    ['/a;b/c', '/a'],
    ['/my%20admin', '/my admin'],
    ['/my+admin', '/my admin'],
    ['/public/../admin', '/admin'],
    ['//admin', '/admin'],
    ['/public\\..\\admin', '/admin'],
  ])('of %s include %s', (path, expected) => {
    expect(readings(path)).toContain(expected)
  })

  it('start with the path, are at most five and all begin with a slash', () => {
    for (const target of ordinaryTargets) {
      const path = target.replace(/\?.*$/s, '')
      const found = readings(path)
      expect(found[0]).toBe(path)
      expect(found.length).toBeLessThanOrEqual(5)
      expect(found.every((reading) => reading.startsWith('/'))).toBe(true)
    }
  })

  it('leave suffixes alone: /admin.json is not /admin', () => {
    expect(readings('/admin.json')).toEqual(['/admin.json'])
  })

  it('keep a segment with a Unicode slash whole beside splitting it, so that `*` rules see both', () => {
    expect(readings('/WIKI/AC%EF%BC%8FDC/edit')).toEqual(
      expect.arrayContaining(['/wiki/ac\u2215dc/edit', '/wiki/ac/dc/edit']),
    )
  })
})

describe('what only looks like a stream of NTFS', () => {
  it.each([
    ['/price$;x', '/price$'],
    ['/a:b;x', '/a:b'],
    ['/a$b:c;x', '/a$b:c'],
  ])('%s still reads %s', (path, reading) => {
    expect(readings(path)).toContain(reading)
  })

  it('and a stream is its file', () => {
    expect(readings('/a::$DATA')).toContain('/a')
  })
})

describe('a segment that disappears', () => {
  it('leaves the root, not nothing', () => {
    for (const reading of readings('/%C2%AD')) expect(reading).toMatch(/^\//)
  })
})
