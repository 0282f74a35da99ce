// Whether the codes sent to a country are used at all. Texts that a bot makes an operator earn by are typed in by nobody: where
// hardly any code of the last while came back, no more are sent than are needed to see it get better. Pure.

/** What was sent and used, in parts of the window, newest last. */
export interface Conversion {
  readonly parts: readonly { readonly atMs: number; readonly sent: number; readonly used: number }[]
  readonly probedAtMs: number
  /** When it was last told that texts are withheld. */
  readonly toldAtMs: number
}

export interface ConversionPolicy {
  readonly windowMs: number
  /** Sent before anything is concluded. */
  readonly least: number
}

export const noConversion: Conversion = { parts: [], probedAtMs: 0, toldAtMs: 0 }

/** Where people sign in, three of four codes are used; where bots ask, none. */
const usedPercent = 20
const parts = 12
/** People who wait for their codes at the same time are what a burst begins with: theirs end it by being used. */
const probeEveryMs = 30_000

export interface SendingVerdict {
  readonly maySend: boolean
  /** The first that is withheld in a while: worth telling. */
  readonly isNew: boolean
}

export function judgeSending(before: Conversion, policy: ConversionPolicy, nowMs: number): SendingVerdict {
  const { sent, used } = totals(before, policy, nowMs)
  if (sent < policy.least || used * 100 >= sent * usedPercent) return { maySend: true, isNew: false }
  const sinceMs = nowMs - before.probedAtMs
  const maySend = sinceMs >= probeEveryMs || sinceMs < 0
  return { maySend, isNew: !maySend && Math.abs(nowMs - before.toldAtMs) >= policy.windowMs }
}

export function withSent(before: Conversion, policy: ConversionPolicy, nowMs: number): Conversion {
  return { ...counted(before, policy, { sent: 1, used: 0 }, nowMs), probedAtMs: nowMs }
}

export function withTold(before: Conversion, nowMs: number): Conversion {
  return { ...before, toldAtMs: nowMs }
}

export function withUsed(before: Conversion, policy: ConversionPolicy, nowMs: number): Conversion {
  return counted(before, policy, { sent: 0, used: 1 }, nowMs)
}

function counted(
  before: Conversion,
  policy: ConversionPolicy,
  add: { readonly sent: number; readonly used: number },
  nowMs: number,
): Conversion {
  const width = policy.windowMs / parts
  const atMs = Math.floor(nowMs / width) * width
  const kept = recent(before, policy, nowMs)
  const last = kept.at(-1)
  if (last?.atMs !== atMs) return { ...before, parts: [...kept, { atMs, ...add }] }
  return { ...before, parts: [...kept.slice(0, -1), { atMs, sent: last.sent + add.sent, used: last.used + add.used }] }
}

/** A clock that was set back leaves parts in the future, which say nothing. */
function recent({ parts: all }: Conversion, { windowMs }: ConversionPolicy, nowMs: number): Conversion['parts'] {
  return all.filter(({ atMs }) => atMs > nowMs - windowMs && atMs <= nowMs)
}

function totals(
  conversion: Conversion,
  policy: ConversionPolicy,
  nowMs: number,
): { readonly sent: number; readonly used: number } {
  return recent(conversion, policy, nowMs).reduce(
    (sum, { sent, used }) => ({ sent: sum.sent + sent, used: sum.used + used }),
    { sent: 0, used: 0 },
  )
}
