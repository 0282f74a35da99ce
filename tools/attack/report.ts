import { type HonestResult, type SimulationResult, refusalsOf } from './simulate.ts'

/** What is wanted of every run: see "Attack simulation" in the README. */
const wanted = { refusedShare: 0.99, p99Ratio: 2 }

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`

const honest = (name: string, { wanted: asked, captchas, refusals, failures, p50Ms, p99Ms }: HonestResult): string =>
  `${name.padEnd(14)} ${String(asked).padStart(7)} ${String(captchas).padStart(8)} ${String(refusals.length).padStart(7)} ${String(failures).padStart(8)} ${p50Ms.toFixed(1).padStart(8)} ${p99Ms.toFixed(1).padStart(8)}`

const waits = ({ waits: quiet }: HonestResult, { waits: attacked }: HonestResult): string[] =>
  attacked.map(({ what, requests, p50Ms, p99Ms }) => {
    const before = quiet.find((row) => row.what === what)
    const times = [before?.p50Ms ?? Number.NaN, p50Ms, before?.p99Ms ?? Number.NaN, p99Ms]
    return `${what.padEnd(24)} ${String(requests).padStart(7)} ${times.map((ms) => ms.toFixed(1).padStart(9)).join(' ')}`
  })

/** Whoever gets no answer is kept out as well. */
const isServed = ({ refusals, failures }: HonestResult): boolean => refusals.length + failures === 0

const verdict = (isFine: boolean): string => (isFine ? 'yes' : 'NO')

export const asText = (result: SimulationResult): string => {
  const attacks = result.attacks.map(
    ({ title, attempts, letThrough, unanswered, refusedShare, honestP99Ms }) =>
      `${title.padEnd(62)} ${String(attempts).padStart(8)} ${String(letThrough).padStart(11)} ${String(unanswered).padStart(10)} ${percent(refusedShare).padStart(10)} ${honestP99Ms.toFixed(0).padStart(13)}`,
  )
  return [
    `${'attack'.padEnd(62)} ${'attempts'.padStart(8)} ${'let through'.padStart(11)} ${'unanswered'.padStart(10)} ${'refused'.padStart(10)} ${'honest p99 ms'.padStart(13)}`,
    ...attacks,
    '',
    `${'honest people'.padEnd(14)} ${'wanted'.padStart(7)} ${'captchas'.padStart(8)} ${'refused'.padStart(7)} ${'failures'.padStart(8)} ${'p50 ms'.padStart(8)} ${'p99 ms'.padStart(8)}`,
    honest('quiet', result.quiet),
    honest('under attack', result.underAttack),
    ...refusalsOf(result.underAttack).map((text) => `  ${text}`),
    '',
    `${'what they did'.padEnd(24)} ${'answers'.padStart(7)} ${'p50 quiet'.padStart(9)} ${'attacked'.padStart(9)} ${'p99 quiet'.padStart(9)} ${'attacked'.padStart(9)}`,
    ...waits(result.quiet, result.underAttack),
    '',
    `at least ${percent(wanted.refusedShare)} of each attack refused: ${verdict(result.attacks.every(({ refusedShare }) => refusedShare >= wanted.refusedShare))}`,
    `nobody broke in: ${verdict(result.attacks.every(({ brokenIn }) => brokenIn === 0))}`,
    `no honest refusals, and an answer to everybody: ${verdict(isServed(result.underAttack))}`,
    `the owner of the guessed account got in from a known device: ${verdict(result.victimSignedIn)}`,
    `honest p99 at most ${wanted.p99Ratio} times the quiet one: ${verdict(result.p99Ratio <= wanted.p99Ratio)} (${result.p99Ratio.toFixed(2)})`,
  ].join('\n')
}

/** Latency is left to the reader: on a machine that others use it says more about them. */
export const isAsWanted = ({ attacks, underAttack, victimSignedIn }: SimulationResult): boolean =>
  attacks.every(({ refusedShare, brokenIn }) => refusedShare >= wanted.refusedShare && brokenIn === 0) &&
  isServed(underAttack) &&
  victimSignedIn
