import { describe, expect, it } from 'vitest'
import { withFlags } from '../../../src/config/flags.ts'
import { bypassProblems } from '../../../src/config/bypass-until.ts'
import { captchaProblems } from '../../../src/config/captcha-keys.ts'
import type { Environment } from '../../../src/config/environment-schema.ts'
import type { GatewayConfig } from '../../../src/config/gateway-schema.ts'
import type { ConfigProblem } from '../../../src/config/problems.ts'
import { createBypass } from '../../../src/monitor/bypass.ts'

function flagged(flags: unknown, config: unknown = {}): { config: unknown; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = []
  return { config: withFlags(config, flags, problems), problems }
}

describe('PORTCULLIS_FLAGS', () => {
  it('goes over what the settings say, and leaves the rest of them alone', () => {
    const before = { limits: { rules: { login: { limit: 7, state: 'off' } } }, theme: { name: 'x' } }
    expect(flagged('limit.login=shadow,limit.api=25%, lockout=off , method.magic-link=off', before)).toEqual({
      config: {
        limits: {
          rules: { login: { limit: 7, state: 'shadow' }, api: { state: { enforcePercent: 25 } } },
          lockout: { state: 'off' },
        },
        login: { methods: { 'magic-link': 'off' } },
        theme: { name: 'x' },
      },
      problems: [],
    })
    expect(before.limits.rules.login.state).toBe('off')
  })

  it('reaches everything that decides', () => {
    expect(flagged('detector.token-spraying=enforce, risk=10%')).toEqual({
      config: {
        threats: {
          detectors: { 'token-spraying': { state: 'enforce' } },
          risk: { state: { enforcePercent: 10 } },
        },
      },
      problems: [],
    })
  })

  it('may begin by itself at a time', () => {
    const since = '2027-01-31T08:00:00Z'
    expect(flagged(`limit.login=enforce@${since}, limit.api=25%@2027-01-31T09:00:00+01:00`)).toEqual({
      config: {
        limits: {
          rules: {
            login: { state: { enforcePercent: 100, since } },
            api: { state: { enforcePercent: 25, since: '2027-01-31T09:00:00+01:00' } },
          },
        },
      },
      problems: [],
    })
  })

  it.each([
    'limit.login=shadow@2027-01-31T08:00:00Z',
    'limit.login=off@2027-01-31T08:00:00Z',
    'limit.login=enforce@',
    'limit.login=enforce@tomorrow',
    'limit.login=25@2027-01-31T08:00:00Z',
    'limit.login=@2027-01-31T08:00:00Z',
    'limit.logn=off',
    'limit.login',
    'limit.login=101%',
    'limit.login=on',
    'method.password=shadow',
    'x',
    '__proto__=off',
  ])('is a mistake that is named, and nothing of it is applied: %s', (flags) => {
    const { config, problems } = flagged(flags)
    expect(config).toEqual({})
    expect(problems).toMatchObject([{ field: 'environment: PORTCULLIS_FLAGS' }])
  })

  it('may be left out', () => {
    for (const nothing of [undefined, '']) expect(flagged(nothing)).toEqual({ config: {}, problems: [] })
  })
})

describe('BYPASS_UNTIL', () => {
  const nowMs = Date.parse('2026-11-21T12:00:00Z')
  const dayMs = 86_400_000

  it('may be a day ahead, or over, and no further ahead', () => {
    for (const untilMs of [undefined, nowMs - dayMs, nowMs, nowMs + dayMs])
      expect(bypassProblems(untilMs, nowMs)).toEqual([])
    expect(bypassProblems(nowMs + dayMs + 1, nowMs)).toHaveLength(1)
  })

  it('ends by itself', () => {
    let time = nowMs
    const audit = { record: () => Promise.resolve() }
    const bypass = createBypass({ untilMs: nowMs + 1000, audit, now: () => time })
    expect(bypass.isOn()).toBe(true)
    time += 999
    expect(bypass.isOn()).toBe(true)
    time += 1
    expect(bypass.isOn()).toBe(false)
    expect(createBypass({ untilMs: undefined, audit, now: () => time }).isOn()).toBe(false)
  })
})

describe('the keys of a captcha', () => {
  const problems = (environment: Partial<Environment>, provider: 'turnstile' | 'none' = 'turnstile'): unknown =>
    captchaProblems({ captcha: { provider } } as GatewayConfig, environment as Environment).map(({ field }) => field)

  it('are needed in production, and the published test keys are none there', () => {
    expect(problems({ MODE: 'production' }, 'none')).toEqual([])
    expect(problems({ MODE: 'development' })).toEqual([])
    const names = ['environment: TURNSTILE_SITE_KEY', 'environment: TURNSTILE_SECRET_KEY']
    expect(problems({ MODE: 'production' })).toEqual(names)
    const test = {
      TURNSTILE_SITE_KEY: '1x00000000000000000000AA',
      TURNSTILE_SECRET_KEY: '1x0000000000000000000000000000000AA',
    }
    expect(problems({ MODE: 'production', ...test })).toEqual(names)
    expect(problems({ MODE: 'production', TURNSTILE_SITE_KEY: '0x4AAA', TURNSTILE_SECRET_KEY: '0x4BBB' })).toEqual([])
    expect(problems({ MODE: 'development', TURNSTILE_SITE_KEY: '0x4AAA' })).toEqual([
      'environment: TURNSTILE_SECRET_KEY',
    ])
  })
})
