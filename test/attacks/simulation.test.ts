// Attackers of every kind beside people who go about their business, small: what `npm run attack` measures, as rules that
// hold at any size and speed.
import { expect, it } from 'vitest'
import config from '../../tools/attack/gateway-config.ts'
import { seedPumpedNumbers } from '../../tools/attack/phones.ts'
import { simulate } from '../../tools/attack/simulate.ts'
import { demoPassword, seedAccounts } from '../../tools/dev/seed.ts'
import { startTurnstile } from '../../tools/dev/turnstile.ts'
import { limitRules } from '../../src/limits/rules.ts'
import { startGateway } from '../support/gateway.ts'
import { bundleWith } from '../support/site-config.ts'

it('attackers get what the rules give them and no more, and people get where they want to go', async () => {
  const vendor = await startTurnstile()
  const gateway = await startGateway({
    bundle: bundleWith(config),
    bindings: {
      MODE: 'production',
      ...vendor.bindings,
    },
  })
  try {
    const accounts = Array.from({ length: 12 }, (_, index) => ({
      email: `person-${index}@example.com`,
      password: demoPassword,
    }))
    const named = accounts.map(({ email }) => ({ email, name: 'Person', roles: [] }))
    await seedAccounts(gateway.databaseUrl, gateway.bindings['PASSWORD_PEPPER'] ?? '', named)
    await seedPumpedNumbers(gateway.databaseUrl)
    const result = await simulate({
      target: {
        url: gateway.url,
        solveCaptcha: () => vendor.solve(),
        textsSent: () => gateway.mail.sms.messages().length,
      },
      accounts,
      attempts: 120,
      attemptsPerSecond: 60,
      honestPerSecond: 6,
      quietSeconds: 1,
      only: [],
    })
    const most: Readonly<Record<string, number>> = {
      'stuffing-one': limitRules.login.limit,
      'stuffing-500': limitRules['guesses-everywhere'].limit,
      'enumeration-one': limitRules['password-forgot'].limit,
      'enumeration-500': limitRules['messages-everywhere'].limit,
      'ipv6-64': limitRules.login.limit,
      'ipv6-48': limitRules['ipv6-network'].limit,
      'one-account': 5,
      'sms-pumping': limitRules['sms-conversion'].limit,
    }
    expect(result.attacks.map(({ id }) => id)).toEqual(Object.keys(most))
    for (const { id, letThrough, brokenIn } of result.attacks) {
      expect([id, brokenIn]).toEqual([id, 0])
      // A window may end in the middle on a machine that is slow enough; then there is a second one.
      expect(letThrough, id).toBeLessThanOrEqual(2 * (most[id] ?? 0))
    }
    expect(result.attacks.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0)
    expect(result.underAttack.refusals).toEqual([])
    expect(result.underAttack.wanted).toBeGreaterThan(20)
  } finally {
    await gateway.stop()
    await vendor.stop()
  }
}, 180_000)
