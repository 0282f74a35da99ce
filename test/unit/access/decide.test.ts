import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalTarget } from '../../../src/access/canonical-target.ts'
import { type Principal, decide } from '../../../src/access/decide.ts'
import { type Requirement, type Route, compileRoutes } from '../../../src/access/rules.ts'
import { ordinaryTargets } from '../../support/ordinary-targets.ts'

const open: Requirement = { kind: 'public' }
const needs = (roles: readonly string[], aal: 1 | 2 = 1, recentMs: number | null = null): Requirement => ({
  kind: 'signed-in',
  roles,
  aal,
  recentMs,
})
const route = (path: string, requirement: Requirement, more: Partial<Route> = {}): Route => ({
  path,
  requirement,
  hosts: [],
  methods: [],
  origin: 'site',
  ...more,
})
const atMs = 1_000_000
const somebody = (roles: readonly string[], aal: 1 | 2 = 1, provenAtMs: number | null = atMs): Principal => ({
  roles,
  aal,
  provenAtMs,
})
const person = somebody([])
const admin = somebody(['admin'])

const ask = (routes: readonly Route[], path: string, principal: Principal | null = null, method = 'GET') =>
  decide(compileRoutes(routes), { host: 'site.example', path, method, atMs }, principal)

const outcome = (routes: readonly Route[], path: string, principal: Principal | null = null): string => {
  const decision = ask(routes, path, principal)
  return decision.outcome === 'allow' ? 'allow' : decision.reason
}

const site = [
  route('/public/*', open),
  route('/admin/*', needs(['admin'])),
  route('/Docs/*', open),
  route('/*', needs([])),
]
const openSite = [route('/admin/*', needs(['admin'])), route('/*', open)]

describe('a request is allowed', () => {
  it('only where a route names it', () => {
    expect(ask([route('/a', open)], '/b', admin)).toEqual({ outcome: 'deny', route: null, reason: 'no-route' })
    expect(outcome([], '/')).toBe('no-route')
    expect(outcome([route('/a', open, { methods: ['POST'] })], '/a')).toBe('no-route')
    expect(outcome([route('/a', open, { hosts: ['other.example'] })], '/a')).toBe('no-route')
  })

  it('to whom the route asks for', () => {
    const routes = [route('/a', needs([])), route('/b', needs(['x', 'y'])), route('/c', needs(['x'], 2))]
    expect(outcome(routes, '/a')).toBe('not-signed-in')
    expect(outcome(routes, '/a', person)).toBe('allow')
    expect(outcome(routes, '/b', person)).toBe('missing-role')
    expect(outcome(routes, '/b', somebody(['y']))).toBe('allow')
    expect(outcome(routes, '/c', somebody(['x']))).toBe('aal-too-low')
    expect(outcome(routes, '/c', somebody(['y']))).toBe('missing-role')
    expect(outcome(routes, '/c', somebody(['x'], 2))).toBe('allow')
  })

  it('with a proof that is recent where the route asks for one, and never with one that nobody knows of', () => {
    const routes = [route('/a/*', needs([], 1, 60_000)), route('/b', needs([], 2, 60_000)), route('/*', needs([]))]
    const old = atMs - 60_000
    expect(outcome(routes, '/a/x', somebody([], 1, old + 1))).toBe('allow')
    for (const provenAtMs of [old, 0, null]) {
      expect(outcome(routes, '/a/x', somebody([], 2, provenAtMs))).toBe('proof-too-old')
      expect(outcome(routes, '/A/x', somebody([], 2, provenAtMs))).toBe('proof-too-old')
      expect(outcome(routes, '/other', somebody([], 1, provenAtMs))).toBe('allow')
    }
    // The second factor is the newer proof as well.
    expect(outcome(routes, '/b', somebody([], 1, old))).toBe('aal-too-low')
    expect(outcome(routes, '/b', somebody([], 2, old))).toBe('proof-too-old')
    const withoutTime = { roles: [], aal: 1 } as unknown as Principal
    expect(outcome(routes, '/a/x', withoutTime)).toBe('proof-too-old')
  })

  it('by the route of the exact path, whatever the readings add', () => {
    const routes = [route('/Docs/*', open, { origin: 'docs' }), route('/*', needs([]), { origin: 'app' })]
    expect(ask(routes, '/Docs/a')).toMatchObject({ outcome: 'allow', route: { origin: 'docs' } })
    expect(ask(openSite, '/ADMIN/x', admin)).toMatchObject({ outcome: 'allow', route: { path: '/*' } })
    expect(ask(openSite, '/ADMIN/x')).toMatchObject({ outcome: 'deny', route: { path: '/admin/*' } })
  })
})

describe('no reading gets below what the protecting rule asks', () => {
  it.each([
    '/admin',
    '/admin/',
    '/ADMIN/x',
    '/Admin',
    '/admin;x/y',
    '/admin%3Bx/y',
    '/admin./x',
    '/admin%20/x',
    '/%20/admin',
    '/;/admin',
    '/a%2564min',
    '/%EF%BD%81dmin',
    '/adm%C4%B1n',
    '/%C3%A1dmin/x',
    '/ad%E2%80%8Bmin',
    '/admin%EF%BC%8Fx',
    '/admin%3Fx',
    '/admin%23x',
    '/admin::$DATA',
    '/ADMIN%253Fx/y',
    '/Admin;a=b',
    '/admin+',
  ])('%s', (path) => {
    expect(outcome(openSite, path)).toBe('not-signed-in')
    expect(outcome(openSite, path, person)).toBe('missing-role')
    expect(outcome(openSite, path, admin)).toBe('allow')
  })

  it('also when the rule is written in capitals', () => {
    expect(outcome([route('/Admin/*', needs(['admin'])), route('/*', open)], '/admin/x')).toBe('not-signed-in')
    expect(outcome([route('/Admin', needs(['admin'])), route('/*', open)], '/ADMIN/')).toBe('not-signed-in')
  })

  it('also when the rule has a `*` inside, with a Unicode slash or an empty name in its place', () => {
    const routes = [route('/wiki/*/edit', needs(['editor'])), route('/*', open)]
    for (const path of [
      '/WIKI/AC%EF%BC%8FDC/edit',
      '/WIKI/;a/edit',
      '/WIKI/%20/EDIT',
      '/wiki/a/edit/',
      '/wiki/a%3Fb/Edit',
    ]) {
      expect(outcome(routes, path)).toBe('not-signed-in')
    }
  })

  it('also when several folds have to come together', () => {
    const routes = [route('/wiki/*/edit', needs(['editor'])), route('/*', open)]
    for (const path of [
      '/wiki%EF%BC%8FC%23/edit',
      '/;/wiki/C%23/edit',
      '/WIKI/;a/edit/',
      '/Wiki;v=1/%EF%BC%A1;b/EDIT./',
    ]) {
      expect([path, outcome(routes, path)]).toEqual([path, 'not-signed-in'])
    }
  })

  it('and the reason that nothing can mend is the one given', () => {
    const routes = [route('/admin/*', needs(['admin'])), route('/*', needs([], 2))]
    expect(outcome(routes, '/x', person)).toBe('aal-too-low')
    expect(outcome(routes, '/ADMIN/x', person)).toBe('missing-role')
    expect(outcome(routes, '/ADMIN/x', admin)).toBe('aal-too-low')
    expect(outcome([route('/u/*/edit', needs([]))], '/u/1%23/edit')).toBe('no-route')
  })

  it('but a rule that another one of the same spelling hides asks for nothing', () => {
    const routes = [route('/Docs/*', open), route('/Docs/*', needs(['x'])), route('/docs', open, { methods: ['POST'] })]
    expect(outcome(routes, '/Docs/a')).toBe('allow')
  })

  it('and of two rules that fold together both must hold', () => {
    const routes = [route('/Admin/*', open), route('/admin/*', needs(['admin']))]
    expect(outcome(routes, '/Admin/x')).toBe('not-signed-in')
    expect(outcome(routes, '/admin/x')).toBe('not-signed-in')
    expect(outcome(routes, '/ADMIN/x')).toBe('no-route')
  })

  it('and a reading that nobody listed denies, although the exact path is listed', () => {
    const routes = [route('/u/*/public', open)]
    expect(outcome(routes, '/u/1/public')).toBe('allow')
    expect(outcome(routes, '/u/1%3F/public', admin)).toBe('no-route')
  })
})

describe('a public rule in capitals keeps working', () => {
  it.each([
    '/Docs',
    '/Docs/',
    '/Docs/Getting%20Started',
    '/Docs/C%23',
    '/Docs/a;v=1',
    '/Docs/AC%EF%BC%8FDC',
    '/public/What%3F',
  ])('%s', (path) => {
    expect(outcome(site, path)).toBe('allow')
  })

  it('so do all ordinary paths below a public prefix, and single pages listed with odd characters', () => {
    for (const target of ordinaryTargets) {
      const path = target.replace(/\?.*$/s, '')
      expect([path, outcome([route('/Docs/*', open), route('/*', needs([]))], `/Docs${path}`)]).toEqual([path, 'allow'])
      expect([
        path,
        outcome([route(path.replaceAll('*', '%2A'), open), route('/*', needs([]))], path.replaceAll('*', '%2A')),
      ]).toEqual([path, 'allow'])
    }
  })
})

const edits: readonly ((path: string, at: number) => string)[] = [
  (path) => path.toUpperCase(),
  (path, at) => path.slice(0, at) + path.slice(at, at + 1).toUpperCase() + path.slice(at + 1),
  (path, at) => path.slice(0, at) + path.slice(at).replace(/^[a-z]/, (c) => `%${c.charCodeAt(0).toString(16)}`),
  (path, at) => path.slice(0, at) + path.slice(at).replace(/^[a-z]/, (c) => `%25${c.charCodeAt(0).toString(16)}`),
  (path, at) =>
    path.slice(0, at) +
    path.slice(at).replace(/^[a-z]/, (c) => encodeURIComponent(String.fromCharCode(c.charCodeAt(0) + 0xfee0))),
  (path, at) => path.slice(0, at) + path.slice(at).replace(/^[a-z]/, (c) => `${c}%CC%81`),
  (path, at) => path.slice(0, at) + path.slice(at).replace(/^[a-z]/, (c) => `${c}%E2%80%8B`),
  (path) => `${path}/`,
  (path) => `${path}%3Fx`,
  (path) => `${path}%23/public`,
  (path) => `/;a${path}`,
  (path) => `/%20${path}`,
  (path, at) => endSegment(path, at, '.'),
  (path, at) => endSegment(path, at, '%20'),
  (path, at) => endSegment(path, at, '+'),
  (path, at) => endSegment(path, at, ';a=b'),
  (path, at) => endSegment(path, at, '%3Bz'),
  (path, at) => endSegment(path, at, '::$DATA'),
]
const endSegment = (path: string, at: number, suffix: string): string => {
  const end = path.indexOf('/', at + 1)
  return end === -1 ? path + suffix : path.slice(0, end) + suffix + path.slice(end)
}

const segment = fc.constantFrom('admin', 'public', 'a', 'b')
const pattern = fc.array(fc.oneof({ weight: 4, arbitrary: segment }, { weight: 1, arbitrary: fc.constant('*') }), {
  maxLength: 3,
})
const requirement = fc.oneof(
  fc.constant(open),
  fc
    .tuple(fc.subarray(['r', 's']), fc.constantFrom<1 | 2>(1, 2), fc.constantFrom(null, 60_000))
    .map(([roles, aal, recentMs]) => needs(roles, aal, recentMs)),
)
const rules = fc.array(
  fc.tuple(pattern, requirement).map(([parts, needed]) => route(`/${parts.join('/')}`, needed)),
  { minLength: 1, maxLength: 6 },
)
const paths = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`)
const principals: readonly (Principal | null)[] = [
  null,
  ...[[], ['r'], ['s'], ['r', 's']].flatMap((roles) =>
    ([1, 2] as const).flatMap((aal) => [null, 0, atMs].map((provenAtMs) => somebody(roles, aal, provenAtMs))),
  ),
]

describe('for every table', () => {
  it('a path made from a protected one by any folds is allowed to nobody whom the protected one denies', () => {
    let compared = 0
    const change = fc.tuple(fc.constantFrom(...edits), fc.nat(24))
    fc.assert(
      fc.property(rules, paths, fc.array(change, { minLength: 1, maxLength: 4 }), (routes, path, changes) => {
        const folded = changes.reduce((text, [edit, at]) => edit(text, at), path)
        const result = canonicalTarget(`http://site.example${folded}`, 'site.example')
        if (!result.ok) return
        compared++
        for (const principal of principals) {
          if (outcome(routes, result.target.path, principal) !== 'allow') continue
          expect([path, result.target.path, outcome(routes, path, principal)]).toEqual([
            path,
            result.target.path,
            'allow',
          ])
        }
      }),
      { numRuns: 10_000 },
    )
    expect(compared).toBeGreaterThan(5000)
  }, 120_000)

  it('a rule added at the end changes nothing for a path that has a route', () => {
    fc.assert(
      fc.property(rules, rules, paths, (routes, later, path) => {
        for (const principal of principals) {
          const before = outcome(routes, path, principal)
          if (before !== 'no-route') expect(outcome([...routes, ...later], path, principal)).toBe(before)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('a principal with more roles and a higher level is never denied what one with fewer gets', () => {
    fc.assert(
      fc.property(rules, paths, (routes, path) => {
        if (outcome(routes, path) === 'allow') expect(outcome(routes, path, person)).toBe('allow')
        if (outcome(routes, path, person) === 'allow')
          expect(outcome(routes, path, somebody(['r', 's'], 2))).toBe('allow')
      }),
      { numRuns: 2000 },
    )
  })
})

describe('routes that fold together', () => {
  const other = (path: string, requirement: Requirement, origin: string, more: Partial<Route> = {}): Route =>
    route(path, requirement, { origin, ...more })

  it('count wherever they stand in the list', () => {
    const routes = [route('/public/*', open), route('/admin/*', needs([])), route('/Admin/*', needs(['admin']))]
    expect(outcome(routes, '/admin/x', person)).toBe('missing-role')
  })

  it('count although one between them takes other methods', () => {
    const routes = [
      route('/admin/*', needs([])),
      route('/Admin/*', needs([]), { methods: ['POST'] }),
      route('/ADMIN/*', needs(['admin'])),
    ]
    expect(outcome(routes, '/admin/x', person)).toBe('missing-role')
    expect(outcome(routes, '/admin/x', admin)).toBe('allow')
  })

  it('name the route of the path itself where they ask for the same', () => {
    const routes = [other('/a/*', needs([]), 'first'), other('/A/*', needs([]), 'second')]
    expect(ask(routes, '/a/x')).toMatchObject({ outcome: 'deny', route: { origin: 'first' } })
    expect(ask(routes, '/A/x')).toMatchObject({ outcome: 'deny', route: { origin: 'second' } })
  })
})
