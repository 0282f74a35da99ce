// The part of the composition root that counts: limits, locks, and what proves that somebody need not be counted.
import { limitRulesOf } from './config/compiled.ts'
import type { Settings } from './config/settings.ts'
import type { Deps } from './deps.ts'
import { dayMs, hourMs, minuteMs } from './kit/duration.ts'
import { createClearances } from './limits/clearance.ts'
import { createLimitReader } from './limits/limit-reader.ts'
import { createAskLimits, createGiveBack } from './limits/limiter.ts'
import { createLimits } from './limits/limits.ts'
import { createLockouts } from './limits/lockouts.ts'
import { createKnownDevices } from './login/known-devices.ts'

export interface CountingParts extends Pick<Deps, 'now'> {
  /** Hides whom the counters are about. */
  readonly secret: Uint8Array
  /** A key of its own for each purpose. */
  readonly keyFor: (purpose: string) => Uint8Array
}

export function createCounting(
  env: Env,
  { config }: Settings,
  { secret, keyFor, now }: CountingParts,
): Pick<Deps, 'limits' | 'limitReader' | 'rules' | 'lockouts' | 'knownDevices' | 'clearances'> {
  const { shards, ipv6Prefix, lockout } = config.limits
  const policy = {
    failures: lockout.failures,
    firstMs: lockout.firstMinutes * minuteMs,
    longestMs: lockout.longestHours * hourMs,
    forgivenAfterMs: lockout.forgivenAfterHours * hourMs,
  }
  const shard = (name: string) => env.LIMITS.getByName(name)
  const rules = limitRulesOf(config)
  return {
    rules,
    clearances: createClearances(keyFor('clearances'), { ipv6Prefix, now }),
    limits: createLimits({
      rules,
      shards,
      ipv6Prefix,
      secret,
      ask: createAskLimits(shard),
      giveBack: createGiveBack(shard),
      smsShard: shard,
      now,
    }),
    limitReader: createLimitReader({ shard, shards, ipv6Prefix, secret, now }),
    lockouts: createLockouts({
      shard,
      shards,
      secret,
      policy,
      state: lockout.state,
      now,
    }),
    knownDevices: createKnownDevices(keyFor('known devices'), {
      validMs: lockout.knownDeviceDays * dayMs,
      now,
    }),
  }
}
