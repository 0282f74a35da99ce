import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileReserved, hopByHop } from '../../../src/access/reserved-headers.ts'
import { fastest } from '../../support/within.ts'

const configured = ['x-auth-user-id', 'x-auth-email', 'Remote-User']
const isReserved = compileReserved(configured)
const taken = (name: string): boolean => isReserved(name)

const ours = [
  'x-portcullis-assertion',
  'x-portcullis-response',
  'x-portcullis-',
  'x-portcullis',
  'x-auth-user-id',
  'x-auth-email',
  'remote-user',
  'forwarded',
  'x-forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-uri',
  'x-forwarded-user',
  'x-forwarded-email',
  'x-forwarded-groups',
  'x-forwarded-client-cert',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'x-cluster-client-ip',
  'client-ip',
  'x-original-url',
  'x-original-uri',
  'x-original-host',
  'x-original-method',
  'x-rewrite-url',
  'x-request-id',
  'traceparent',
  'tracestate',
  'x-middleware-subrequest',
  'x-middleware-request-x',
  'proxy',
  'x-http-method-override',
  'x-host',
  'x-envoy-original-path',
  'cf-access-authenticated-user-email',
]

const theirs = [
  'accept',
  'accept-encoding',
  'authorization',
  'baggage',
  'cache-control',
  'content-type',
  'content-length',
  'cookie',
  'host',
  'if-match',
  'origin',
  'range',
  'referer',
  'sec-fetch-site',
  'user-agent',
  'x-requested-with',
  'x-csrf-token',
  'x-api-key',
  'x-auth',
  'x-auth-token',
  'x-middleware-prefetch',
  'x-correlation-id',
  'upgrade-insecure-requests',
  'dpop',
  'proxy-x',
  'x-real-ip-x',
  'x-author',
  'cdn-loop',
]

describe('a header that only the gateway may send', () => {
  it.each(ours)('%s is removed in every spelling an origin could fold', (name) => {
    expect(taken(name)).toBe(true)
    for (const other of ['_', '.', '!', '~', '|', '`', "'", '*', '+', '$', '%', '&', '#', '^']) {
      expect(taken(name.replaceAll('-', other))).toBe(true)
      expect(taken(name.replace('-', other))).toBe(true)
    }
    expect(taken(name.toUpperCase())).toBe(true)
  })

  it('is removed for any mixture of separators', () => {
    const separator = fc.constantFrom(...'-_.!~|`*+$%&#^')
    fc.assert(
      fc.property(fc.constantFrom(...ours), fc.array(separator, { minLength: 8, maxLength: 8 }), (name, separators) => {
        let at = 0
        expect(taken(name.replace(/-/g, () => separators[at++] ?? '-'))).toBe(true)
      }),
    )
  })

  it.each(theirs)('%s is none', (name) => {
    expect(taken(name)).toBe(false)
  })
})

describe('a header of the platform', () => {
  it.each(['cf-connecting-ip', 'cf-ipcountry', 'cf-ray', 'cf-visitor', 'cf-access-jwt-assertion'])(
    '%s stays, its look-alikes go',
    (name) => {
      expect(taken(name)).toBe(false)
      for (const other of '_.!+') expect(taken(name.replace('-', other))).toBe(true)
      expect(taken(name.replaceAll('-', '_'))).toBe(true)
    },
  )
})

describe('hop-by-hop names', () => {
  it('are the fixed ones when the client lists none', () => {
    const fixed = [
      'connection',
      'keep-alive',
      'proxy-connection',
      'proxy-authenticate',
      'proxy-authorization',
      'te',
      'trailer',
      'transfer-encoding',
      'upgrade',
    ]
    expect([...hopByHop(null)].toSorted()).toEqual(fixed.toSorted())
    expect(hopByHop('')).toEqual(hopByHop(null))
    expect(hopByHop('close, , ,')).toEqual(new Set([...fixed, 'close']))
  })

  it('include what Connection lists, in any case and spacing', () => {
    const names = hopByHop('Keep-Alive,X-Auth-User-Id ,\tx-REAL-ip,,x_forwarded_for')
    for (const name of ['x-auth-user-id', 'x-real-ip', 'x_forwarded_for']) expect(names.has(name)).toBe(true)
  })

  it('never include what frames and addresses the message', () => {
    const names = hopByHop('Content-Length, HOST, content-type, Content-Encoding')
    for (const name of ['content-length', 'host', 'content-type', 'content-encoding'])
      expect(names.has(name)).toBe(false)
  })

  it('hold field names only, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (value) => {
        for (const name of hopByHop(value)) expect(name).toMatch(/^[!#$%&'*+.^_`|~0-9a-z-]+$/)
      }),
    )
    const readBoth = (): void => {
      expect(hopByHop(','.repeat(65_536)).size).toBe(9)
      expect(hopByHop(`${' '.repeat(60_000)}a`).has('a')).toBe(true)
    }
    // Linear work takes milliseconds, quadratic work several seconds, on any machine.
    expect(fastest(1000, readBoth)).toBeLessThan(1000)
  })

  it('of one request do not leak into the next', () => {
    hopByHop('x-once')
    expect(hopByHop('close').has('x-once')).toBe(false)
    expect(hopByHop(null).has('x-once')).toBe(false)
  })
})
