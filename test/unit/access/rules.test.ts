import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Route, compileRoutes, matchRoute } from '../../../src/access/rules.ts'

const route = (path: string, more: Partial<Route> = {}): Route => ({
  path,
  hosts: [],
  methods: [],
  requirement: { kind: 'public' },
  origin: 'site',
  ...more,
})

const match = (routes: readonly Route[], path: string, method = 'GET', host = 'site.example'): string | null =>
  matchRoute(compileRoutes(routes), { path, method, host })?.origin ?? null

const one = (path: string, more: Partial<Route> = {}): readonly Route[] => [route(path, { origin: 'hit', ...more })]

describe('a rule matches', () => {
  it.each([
    ['/admin/*', '/admin', true],
    ['/admin/*', '/admin/', true],
    ['/admin/*', '/admin/a/b', true],
    ['/admin/*', '/administrator', false],
    ['/admin/*', '/Admin/a', false],
    ['/admin', '/admin', true],
    ['/admin', '/admin/', false],
    ['/admin', '/admin/x', false],
    ['/', '/', true],
    ['/', '/a', false],
    ['/*', '/', true],
    ['/*', '/a/b', true],
    ['/u/*/edit', '/u/1/edit', true],
    ['/u/*/edit', '/u/1/2/edit', false],
    ['/u/*/edit', '/u/edit', false],
    ['/u/*/edit', '/u/1/edit/x', false],
    ['/u/*/edit/*', '/u/1/edit', true],
    ['/u/*/edit/*', '/u/1/edit/x/y', true],
    ['/u/*/edit/*', '/u/1/editor', false],
    ['/a.b/*/c', '/axb/1/c', false],
    ['/*/secret', '/x/secret', true],
    ['/ja/日本/*', '/ja/%E6%97%A5%E6%9C%AC/x', true],
    ['/my files/*', '/my%20files/a', true],
    ['/caf%c3%a9', '/caf%C3%A9', true],
    ['/%61dmin/*', '/admin/x', true],
    ['/a%2A', '/a%2A', true],
  ])('%s on %s: %s', (pattern, path, expected) => {
    expect(match(one(pattern), path) === 'hit').toBe(expected)
  })

  it('HEAD where it names GET, and only the methods it names', () => {
    expect(match(one('/a', { methods: ['GET'] }), '/a', 'HEAD')).toBe('hit')
    expect(match(one('/a', { methods: ['POST'] }), '/a', 'HEAD')).toBeNull()
    expect(match(one('/a', { methods: ['HEAD'] }), '/a', 'GET')).toBeNull()
    expect(match(one('/a', { methods: ['PATCH'] }), '/a', 'patch')).toBe('hit')
    expect(match(one('/a'), '/a', 'PROPFIND')).toBe('hit')
  })

  it.each([
    ['app.example.com', 'app.example.com', true],
    ['App.Example.com.', 'app.example.com', true],
    ['app.example.com', 'app.example.com:8443', true],
    ['app.example.com:8443', 'app.example.com:8443', true],
    ['app.example.com:8443', 'app.example.com', false],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'a.b.example.com:8080', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'evilexample.com', false],
    ['*.example.com', 'a.example.com.evil', false],
    ['*.example.com:8080', 'a.example.com:8080', true],
    ['[::1]', '[::1]:8787', true],
  ])('host %s on %s: %s', (pattern, host, expected) => {
    expect(match(one('/a', { hosts: [pattern] }), '/a', 'GET', host) === 'hit').toBe(expected)
  })
})

describe('the table', () => {
  it.each([
    ['admin'],
    ['/a/../b'],
    ['/a//b'],
    ['/a%2fb'],
    ['/foo*'],
    ['/a*b/c'],
    ['/a?b'],
    ['/a#b'],
    ['/\ud800'],
    [''],
  ])('does not compile with the path %j, which would never match', (path) => {
    expect(() => compileRoutes([route(path)])).toThrow(RangeError)
  })

  it.each([['exa mple.com'], ['*.'], ['*'], ['a,b'], ['https://a'], ['bücher.example']])(
    'does not compile with the host %j',
    (host) => {
      expect(() => compileRoutes([route('/', { hosts: [host] })])).toThrow(RangeError)
    },
  )

  it('answers with the first route in listed order, whatever their kinds', () => {
    const segment = fc.constantFrom('a', 'b', 'c')
    const pattern = fc
      .array(fc.oneof(segment, fc.constant('*')), { maxLength: 3 })
      .map((parts) => `/${parts.join('/')}`)
    const entry = fc.record({
      path: pattern,
      methods: fc.subarray(['GET', 'POST']),
      hosts: fc.subarray(['x.example', '*.y.example']),
    })
    const asked = fc.record({
      path: fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
      method: fc.constantFrom('GET', 'POST', 'PUT'),
      host: fc.constantFrom('x.example', 'a.y.example', 'z.example'),
    })
    const matches = (rule: Route, path: string): boolean => {
      const wanted = rule.path.split('/').slice(1)
      const given = path === '/' ? [] : path.split('/').slice(1)
      const below = wanted.at(-1) === '*'
      const fixed = below ? wanted.slice(0, -1) : path === '/' && rule.path === '/' ? [] : wanted
      const enough = below ? given.length >= fixed.length : given.length === fixed.length
      return enough && fixed.every((part, at) => part === '*' || part === given[at])
    }
    const names = (rule: Route, { path, method, host }: { path: string; method: string; host: string }): boolean =>
      matches(rule, path) &&
      (rule.methods.length === 0 || rule.methods.includes(method)) &&
      (rule.hosts.length === 0 ||
        rule.hosts.some((name) => (name.startsWith('*') ? host.endsWith(name.slice(1)) : host === name)))
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), asked, (entries, request) => {
        const routes = entries.map((fields, number) => route(fields.path, { ...fields, origin: String(number) }))
        const expected = routes.find((rule) => names(rule, request))?.origin ?? null
        expect(matchRoute(compileRoutes(routes), request)?.origin ?? null).toBe(expected)
      }),
      { numRuns: 5000 },
    )
  })
})

describe('a rule for one host', () => {
  it('is for it on every port, and for no other host on any', () => {
    const routes = one('/*', { hosts: ['admin.example.com'] })
    for (const host of ['admin.example.com', 'admin.example.com:8443'])
      expect([host, match(routes, '/', 'GET', host)]).toEqual([host, 'hit'])
    for (const host of ['example.com', 'example.com:8443', 'other.example.com:8443', 'xadmin.example.com:8443'])
      expect([host, match(routes, '/', 'GET', host)]).toEqual([host, null])
  })
})

describe('a rule that could never match', () => {
  it.each([
    ['/a//b', /"\/a\/\/b": empty-segment/],
    ['/\ud800', /: invalid-utf8/],
    ['a', /: not-a-path/],
  ])('%j is refused with the reason', (path, reason) => {
    expect(() => compileRoutes(one(path))).toThrow(reason)
  })
})
