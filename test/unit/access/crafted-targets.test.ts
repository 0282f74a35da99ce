import { describe, expect, it } from 'vitest'
import { canonicalTarget } from '../../../src/access/canonical-target.ts'
import { type Principal, decide } from '../../../src/access/decide.ts'
import { type Requirement, type Route, type RouteTable, compileRoutes, matchRoute } from '../../../src/access/rules.ts'
import { craftedTargets } from '../../support/crafted-targets.ts'
import { originNormalisers } from '../../support/origin-normalisers.ts'

const open: Requirement = { kind: 'public' }
const adminsOnly: Requirement = { kind: 'signed-in', roles: ['admin'], aal: 1, recentMs: null }
const route = (path: string, requirement: Requirement): Route => ({
  path,
  requirement,
  hosts: [],
  methods: [],
  origin: 'site',
})
const stranger: Principal = { roles: ['editor'], aal: 2, provenAtMs: 0 }

const crafted = craftedTargets({ publicPrefix: '/public', protectedPath: '/admin/secret' })
const host = 'site.example'

const accepted = crafted.flatMap((raw) => {
  const result = canonicalTarget(`http://${host}${raw}`, host)
  return result.ok ? [{ raw, path: result.target.path, written: result.target.path + result.target.search }] : []
})

/** The servers to which this is a request for something that the table, taken at its word, protects. */
const reach = (table: RouteTable, written: string): readonly string[] =>
  originNormalisers
    .filter(({ read }) => matchRoute(table, { host, path: read(written), method: 'GET' })?.requirement === adminsOnly)
    .map(({ name }) => name)

const tables: readonly (readonly [string, readonly Route[]])[] = [
  ['a protected tree in a public site', [route('/public/*', open), route('/admin/*', adminsOnly), route('/*', open)]],
  [
    'one protected page in a public site',
    [route('/public/*', open), route('/admin/secret', adminsOnly), route('/*', open)],
  ],
  ['a protected tree found by its top page', [route('/admin', adminsOnly), route('/*', open)]],
  ['a protected page in any folder', [route('/public/*', open), route('/*/secret', adminsOnly), route('/*', open)]],
  ['a protected tree in any folder', [route('/*/secret/*', adminsOnly), route('/*', open)]],
]

describe('of the crafted targets', () => {
  it('there are many, distinct, and most would reach the protected page of some server', () => {
    expect(crafted.length).toBeGreaterThanOrEqual(600)
    expect(new Set(crafted).size).toBe(crafted.length)
    expect(crafted.every((target) => !/[\u0100-\uffff]/.test(target))).toBe(true)
    const [, routes] = tables[0] ?? ['', []]
    const table = compileRoutes(routes)
    expect(originNormalisers.length).toBeGreaterThanOrEqual(9)
    expect(crafted.filter((raw) => reach(table, raw).length > 0).length).toBeGreaterThan(1000)
    // Each model is there because something reaches the page through it.
    for (const { read } of originNormalisers) expect(crafted.some((raw) => read(raw) === '/admin/secret')).toBe(true)
  })

  it('four in five are refused before any rule', () => {
    expect(accepted.length / crafted.length).toBeLessThan(0.2)
  })

  it.each(tables)('none that is accepted reaches %s without its role', (_, routes) => {
    const table = compileRoutes(routes)
    const holes = accepted.flatMap(({ raw, path, written }) => {
      const request = { host, path, method: 'GET', atMs: 0 }
      const denied = [null, stranger].every((principal) => decide(table, request, principal).outcome === 'deny')
      return denied ? [] : reach(table, written).map((server) => `${raw} → ${path} at ${server}`)
    })
    expect(holes).toEqual([])
  })

  it('some would, if only the exact path were matched', () => {
    const [, routes] = tables[0] ?? ['', []]
    const table = compileRoutes(routes)
    const slips = accepted.filter(
      ({ path, written }) =>
        matchRoute(table, { host, path, method: 'GET' })?.requirement === open && reach(table, written).length > 0,
    )
    expect(slips.length).toBeGreaterThan(100)
  })

  it('none that is accepted is read outside /public when it is below /public', () => {
    const table = compileRoutes([route('/public/*', open)])
    for (const { raw, path, written } of accepted) {
      if (decide(table, { host, path, method: 'GET', atMs: 0 }, null).outcome === 'deny') continue
      for (const { name, read } of originNormalisers) {
        const seen = read(written)
        expect([raw, name, seen]).toEqual([
          raw,
          name,
          expect.stringMatching(/^\/public(?:\/|;|%|\?|#|$| |\.|\+|:|[\u0080-\uffff])/i),
        ])
      }
    }
  })
})
