// How somebody stands who was named in a question: the locks of an account, and how far limits and budgets are.
import { findFactorLock } from '../db/queries/factors.ts'
import type { Row } from '../db/database.ts'
import { number, numberOrNull } from '../db/values.ts'
import { unavailable } from '../errors.ts'
import type { Exchange } from '../exchange.ts'
import { type ExplainedLimit, explainedLimit } from '../explain.ts'
import type { LimitReading, Whom } from '../limits/limit-reader.ts'
import type { AccountLock } from '../limits/lockouts.ts'
import type { ActiveRule } from '../limits/rule-set.ts'
import type { LimitRuleId } from '../limits/rules.ts'
import type { PhoneNumber } from '../users/phone-number.ts'

interface ExplainedLock {
  /** What is guessed at, and where that is counted apart. */
  readonly pool: string
  readonly failures: number
  readonly locked_until: string | null
}

export interface AccountStanding {
  readonly locks: readonly ExplainedLock[]
  readonly limits: readonly ExplainedLimit[]
}

export async function accountStanding(exchange: Exchange, email: string, whom: Whom): Promise<AccountStanding> {
  const { lockouts, rules, now } = exchange.deps
  const [locks, [factor], limits] = await Promise.all([
    lockouts.locks(lockouts.accountOf(email)).catch(unreadable),
    exchange.database.read(findFactorLock(email)),
    readAll(
      exchange,
      rules.all.filter(({ phase }) => phase === 'login'),
      whom,
    ),
  ])
  return {
    locks: [...locks, ...(factor === undefined ? [] : [factorLock(factor)])].map(
      ({ pool, failures, lockedUntilMs }) => ({
        pool,
        failures,
        locked_until: lockedUntilMs > now() ? new Date(lockedUntilMs).toISOString() : null,
      }),
    ),
    limits: limits.map(({ rule, reading }) => explainedLimit(rule, reading)),
  }
}

export interface TextsStanding {
  readonly country: string
  /** The first rule that would keep the next text back; null: it would be sent. */
  readonly withheld_by: LimitRuleId | null
  readonly limits: readonly ExplainedLimit[]
}

/** The budgets of texts to that number, and whether codes sent to its country are used at all. */
export async function textsTo({ deps }: Exchange, phone: PhoneNumber, ip: string | null): Promise<TextsStanding> {
  const read = await deps.limits.sms.read({ number: phone.number, country: phone.country, ip }).catch(unreadable)
  return {
    country: phone.country,
    withheld_by: read.find(({ isAllowed, isEnforced }) => !isAllowed && isEnforced)?.rule.id ?? null,
    limits: read.map(({ rule, reading }) => explainedLimit(rule, reading)),
  }
}

function factorLock(row: Row): AccountLock {
  return {
    pool: 'second factor',
    failures: number(row, 'failures'),
    lockedUntilMs: numberOrNull(row, 'locked_until_ms') ?? 0,
  }
}

/** Those of the rules that are about somebody who was given. */
export async function readAll(
  { deps }: Exchange,
  rules: readonly ActiveRule[],
  whom: Whom,
): Promise<readonly { readonly rule: ActiveRule; readonly reading: LimitReading }[]> {
  const read = rules.map(async (rule) => ({ rule, reading: await deps.limitReader.read(rule, whom) }))
  const all = await Promise.all(read).catch(unreadable)
  return all.flatMap(({ rule, reading }) => (reading === null ? [] : [{ rule, reading }]))
}

function unreadable(error: unknown): never {
  throw unavailable('a counter cannot be read', error)
}
