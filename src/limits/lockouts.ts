// The port to the locks of accounts: a guess is counted before it is compared, and a right one forgives.
import { type FlagState, enforces } from '../kit/flag.ts'
import { type GuessVerdict, type LockState, type LockoutPolicy, forgottenAtMs } from './lockout.ts'
import { askedInTime } from './limiter.ts'
import { limitObjectName, secretSubject } from './subject.ts'

/** The part of the limit object that the worker calls. */
export interface LockoutShard {
  guess(account: string, pool: string, policy: LockoutPolicy): Promise<GuessVerdict>
  /** Of a guess that was counted and could not be compared. */
  withdraw(account: string, pool: string, policy: LockoutPolicy): Promise<void>
  /** Of each pool that somebody guessed in. */
  locks(account: string): Promise<Readonly<Record<string, LockState>>>
  /** One pool, or with null all of them: the account is as if nobody had ever guessed. Whether that ended a lock. */
  forgive(account: string, pool: string | null): Promise<boolean>
}

export interface LockoutTally {
  readonly locked: number
  readonly refused: number
  readonly wouldRefuse: number
}

export interface JudgedGuess extends GuessVerdict {
  /** False in shadow, where every guess is compared. */
  readonly isEnforced: boolean
}

export interface AccountLock {
  readonly pool: string
  readonly failures: number
  /** 0: not locked, or no longer. */
  readonly lockedUntilMs: number
}

export interface Lockouts {
  /** Also of what locks elsewhere: the second factor, with the row of its secret. */
  readonly policy: LockoutPolicy
  /**
   * Keyed by what was typed, so that an account that does not exist locks like one that does. Each pool locks alone: a
   * factor, or a factor on a device that its owner has used before. Throws when nobody can count.
   */
  guess(account: string, pool: string): Promise<JudgedGuess>
  withdraw(account: string, pool: string): Promise<void>
  /** Whether it ended a lock. */
  forgive(account: string, pool: string | null): Promise<boolean>
  /** How it stands, for whoever explains: the pools in which somebody guessed wrong. Counts nothing. */
  locks(account: string): Promise<readonly AccountLock[]>
  /** One account under all spellings of its name; hides the name. */
  accountOf(name: string): string
  tally(): LockoutTally
}

export interface LockoutsOptions {
  readonly shard: (objectName: string) => LockoutShard
  readonly shards: number
  readonly secret: Uint8Array
  readonly policy: LockoutPolicy
  readonly state: FlagState
  readonly now: () => number
}

export function createLockouts({ shard, shards, secret, policy, state, now }: LockoutsOptions): Lockouts {
  const tally = { locked: 0, refused: 0, wouldRefuse: 0 }
  const asked = <Answer>(account: string, question: (object: LockoutShard) => Promise<Answer>): Promise<Answer> =>
    askedInTime(async () => question(shard(limitObjectName(account, null, shards))))
  return {
    policy,
    async guess(account, pool) {
      if (state === 'off')
        return { mayCompare: true, failures: 0, lockedUntilMs: 0, isNewLock: false, isEnforced: false }
      const isEnforced = enforces(state, { name: 'lockout', subject: account, nowMs: now() })
      const verdict = await asked(account, (object) => object.guess(account, pool, policy))
      if (verdict.isNewLock) tally.locked += 1
      if (verdict.mayCompare) return { ...verdict, isEnforced }
      tally[isEnforced ? 'refused' : 'wouldRefuse'] += 1
      return { ...verdict, mayCompare: !isEnforced, isEnforced }
    },
    async withdraw(account, pool) {
      if (state !== 'off') await asked(account, (object) => object.withdraw(account, pool, policy))
    },
    async forgive(account, pool) {
      return state !== 'off' && (await asked(account, (object) => object.forgive(account, pool)))
    },
    async locks(account) {
      const pools = Object.entries(await asked(account, (object) => object.locks(account)))
      const live = pools.filter(([, state]) => forgottenAtMs(state, policy) > now())
      return live.map(([pool, { failures, lockedUntilMs }]) => ({ pool, failures, lockedUntilMs }))
    },
    accountOf: (name) => secretSubject('account', secret, name.normalize('NFKC').trim().toLowerCase()),
    tally: () => tally,
  }
}
