// What signing in has to keep to, whatever machine it is measured on: bounds that are ratios of what the machine itself can do,
// but for the logins without a hash, which a person waits for.
import type { LoginFigures } from './logins.ts'

const leastRatio = 0.9
const mostHashTimes = 2
const mostQuickMs = 100

/** A sentence for each bound that was missed; none: all are kept. */
export const missedBounds = ({ ratio, hash_ms: hashMs, visitors, quick }: LoginFigures): readonly string[] => {
  const mostMs = visitors.quiet.p99_ms + mostHashTimes * hashMs
  const slow = [['magic link', quick.magic_link] as const, ['passkey', quick.passkey] as const]
  return [
    // A figure that is not there keeps no bound.
    ratio >= leastRatio
      ? ''
      : `logins: ${ratio.toFixed(3)} of what the hash alone reaches, at least ${leastRatio} is wanted`,
    visitors.during.p99_ms <= mostMs
      ? ''
      : `visitors: p99 ${visitors.during.p99_ms.toFixed(1)} ms during logins, at most ${mostMs.toFixed(1)} ms is wanted`,
    ...slow.map(([what, { p95_ms: p95 }]) =>
      p95 <= mostQuickMs ? '' : `${what}: p95 ${p95.toFixed(1)} ms, at most ${mostQuickMs} ms is wanted`,
    ),
  ].filter((missed) => missed !== '')
}
