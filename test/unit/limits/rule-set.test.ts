import { describe, expect, it } from 'vitest'
import { limitRules } from '../../../src/limits/rules.ts'
import { type RuleSetOptions, compileRules } from '../../../src/limits/rule-set.ts'

const rulesOf = (overrides: RuleSetOptions['overrides'] = {}) =>
  compileRules({ hasCaptcha: true, basePath: '/auth', apiPaths: ['/api/*', '/rpc'], overrides })

function met(phase: 'before-identity' | 'after-identity', method: string, path: string, rules = rulesOf()): string[] {
  const attempt = { request: { method }, target: { path } }
  return rules
    .at(phase, path)
    .filter((rule) => rule.isMatch(attempt))
    .map(({ id }) => id)
}

describe('the rules a request meets', () => {
  it.each([
    ['GET', '/', ['everything']],
    ['POST', '/login', ['everything']],
    ['POST', '/auth/v1/login', ['everything', 'login']],
    ['POST', '/auth/login', ['everything', 'login']],
    ['GET', '/auth/login', ['everything']],
    ['POST', '/auth/v1/signup', ['everything', 'sign-up']],
    ['POST', '/auth/v1/email/resend', ['everything', 'mail-code']],
    ['POST', '/auth/v1/magic-link/verify', ['everything', 'magic-link-verify']],
    ['POST', '/auth/v1/webauthn/register/finish', ['everything', 'webauthn-finish']],
    ['POST', '/auth/v1/webauthn/authenticate/start', ['everything', 'webauthn-start']],
    ['POST', '/auth/login/passkey', ['everything', 'webauthn-finish']],
    ['POST', '/auth/mfa/passkey', ['everything', 'webauthn-finish']],
    ['POST', '/auth/reauthenticate/passkey', ['everything', 'webauthn-finish']],
    ['POST', '/auth/account/passkeys', ['everything', 'webauthn-finish']],
  ])('before it is known who asks: %s %s', (method, path, ids) => {
    expect(met('before-identity', method, path)).toEqual(ids)
  })

  it.each([
    ['/auth/v1/session', ['api']],
    ['/api/x', ['api']],
    ['/api', ['api']],
    ['/apix', []],
    ['/rpc', ['api']],
    ['/rpc/x', []],
    ['/', []],
    ['/auth/account', []],
  ])('after it is known who asks: %s', (path, ids) => {
    expect(met('after-identity', 'GET', path)).toEqual(ids)
  })
})

describe('the table', () => {
  it('has the limits that were promised', () => {
    const shown = Object.entries(limitRules).map(([id, rule]) => [id, rule.limit, rule.windowMs / 60_000, rule.subject])
    expect(shown).toEqual([
      ['everything', 1000, 1, 'address'],
      ['api', 100, 1, 'user'],
      ['oauth-client', 3000, 1, 'client'],
      ['login', 5, 1, 'address'],
      ['sign-up', 10, 60, 'address'],
      ['mail-code', 10, 1, 'address'],
      ['magic-link-start', 5, 1, 'address'],
      ['magic-link-verify', 10, 1, 'address'],
      ['webauthn-start', 10, 1, 'address'],
      ['webauthn-finish', 20, 1, 'address'],
      ['password-forgot', 5, 1, 'address'],
      ['second-factor', 10, 1, 'address'],
      ['social-start', 10, 1, 'address'],
      ['social-finish', 20, 1, 'address'],
      ['own-password', 10, 60, 'account'],
      ['mail-message', 10, 60, 'mail-address'],
      ['mail-asker', 4, 60, ['address', 'mail-address']],
      ['mail-network', 60, 60, 'network'],
      ['mail-day', 10_000, 1440, 'site'],
      ['ipv6-network', 30, 1, 'ipv6-network'],
      ['guesses-everywhere', 30, 1, 'everyone'],
      ['messages-everywhere', 50, 1, 'everyone'],
      ['captcha-uses', 5, 60, 'clearance'],
      ['login-network', 300, 1, 'network'],
      ['phone-code', 3, 60, 'number'],
      ['phone-start', 5, 1, 'address'],
      ['phone-verify', 10, 1, 'address'],
      ['sms-number', 10, 1440, 'number'],
      ['sms-network', 20, 60, 'network'],
      ['sms-country', 200, 60, 'country'],
      ['sms-day', 1000, 1440, 'site'],
      ['sms-conversion', 20, 60, 'country'],
    ])
  })

  it('lets nobody guess or send messages uncounted', () => {
    const open = Object.entries(limitRules).filter(([, { unreachable }]) => unreachable === 'open')
    // Each attempt that the last two count is counted by another rule as well, which is closed.
    expect(open.map(([id]) => id)).toEqual([
      'everything',
      'api',
      'oauth-client',
      'guesses-everywhere',
      'messages-everywhere',
    ])
  })

  it('is changed by what a site says, and by nothing it does not', () => {
    const rule = rulesOf({ login: { limit: 7, windowS: 30, state: undefined } }).get('login')
    expect(rule).toMatchObject({ limit: 7, windowMs: 30_000, state: 'enforce', unreachable: 'closed' })
    expect(rule?.counted).toMatchObject({ limit: 7, windowMs: 30_000, hasPenalties: true })
  })

  it('has no rule that is off', () => {
    const rules = rulesOf({ login: { state: 'off' } })
    expect(rules.get('login')).toBeNull()
    expect(met('before-identity', 'POST', '/auth/v1/login', rules)).toEqual(['everything'])
    expect(rules.all.map(({ index }) => index)).toEqual(rules.all.map((_, index) => index))
  })
})

describe('a rule that answers with a captcha', () => {
  const without = compileRules({ hasCaptcha: false, basePath: '/auth', apiPaths: [], overrides: {} })

  it('refuses where there is none, unless it would refuse everybody: then it is off', () => {
    expect(without.get('ipv6-network')).toMatchObject({ response: 'refuse', state: 'enforce' })
    expect(without.get('guesses-everywhere')).toBe(null)
    expect(rulesOf().get('guesses-everywhere')).toMatchObject({ response: 'captcha', state: 'enforce' })
  })
})

describe('the rule of a large network', () => {
  it('counts whatever a rule of one address guards, and nothing of the site', () => {
    const rules = rulesOf()
    const [rule] = rules.ofNetwork('/auth/v1/login')
    expect(rule?.id).toBe('ipv6-network')
    for (const request of ['POST /auth/v1/login', 'POST /auth/forgot', 'POST /auth/v1/webauthn/authenticate/start']) {
      const [method = '', path = ''] = request.split(' ')
      expect(rule?.isMatch({ request: { method }, target: { path } }), request).toBe(true)
    }
    expect(rule?.isMatch({ request: { method: 'GET' }, target: { path: '/auth/login' } })).toBe(false)
    expect(rules.ofNetwork('/private')).toEqual([])
    expect(rules.at('before-identity', '/auth/v1/login').map(({ id }) => id)).not.toContain('ipv6-network')
  })
})

describe('a rule that answers with a delay', () => {
  it('holds no waiting against anybody', () => {
    expect(rulesOf({ login: { response: 'delay' } }).get('login')?.counted.hasPenalties).toBe(false)
  })
})
