// Takes turns in short windows, so that whatever else the machine does meets every server alike, and compares each
// window with the pass-through's of the same round.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Case } from './cases.ts'
import { type Latencies, type Target, closedLoop, openLoop } from './load.ts'
import { cpuNs, residentMb } from './process-cost.ts'
import { median, quantile, spread } from './statistics.ts'

export type Row = {
  case: string
  connections: number
  rps: number
  /** To the pass-through in the same round: the median. */
  ratio: number
  p50_ms: number
  p99_ms: number
  cpu_us: number | null
  rss_mb: number | null
  /** Width of the middle half of the ratios. */
  spread: number
}

export type Window = { rps: number; p50: number; p99: number; cpu: number | null; rss: number | null }

/** Of the server, and of the process that works for it. */
const cpuOf = ({ pid, helperPid }: { pid: number; helperPid?: number }): number | null => {
  const [own, helper] = [cpuNs(pid), helperPid === undefined ? 0 : cpuNs(helperPid)]
  return own === null || helper === null ? null : own + helper
}

export const window = async (
  one: Target & { pid: number; helperPid?: number },
  connections: number,
  seconds: number,
): Promise<Window> => {
  const cpuBefore = cpuOf(one)
  const startedAt = performance.now()
  const latencies = await closedLoop(one, connections, seconds)
  const elapsedS = (performance.now() - startedAt) / 1000
  const cpuAfter = cpuOf(one)
  return {
    rps: latencies.length / elapsedS,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    cpu: cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / latencies.length / 1000,
    rss: residentMb(one.pid),
  }
}

/** Every other round backwards: a machine that gets slower or faster during a round then favours nobody. */
const inTurn = <T>(list: readonly T[], round: number): readonly T[] => (round % 2 === 0 ? list : list.toReversed())

export const medianOf = (windows: readonly Window[], pick: (window: Window) => number | null): number | null => {
  const values = windows.map(pick).filter((value) => value !== null)
  return values.length === 0 ? null : median(values)
}

const summary = (name: string, connections: number, windows: readonly Window[], base: readonly Window[]): Row => {
  const ratios = windows.map(({ rps }, round) => rps / (base[round]?.rps ?? Number.NaN))
  return {
    case: name,
    connections,
    rps: median(windows.map(({ rps }) => rps)),
    ratio: median(ratios),
    p50_ms: median(windows.map(({ p50 }) => p50)),
    p99_ms: median(windows.map(({ p99 }) => p99)),
    cpu_us: medianOf(windows, ({ cpu }) => cpu),
    rss_mb: windows.at(-1)?.rss ?? null,
    spread: spread(ratios),
  }
}

const warmAfter = 10_000
const warmUpRounds = 8

/** Until V8 has compiled what runs often: what a server does in its first second is not what it does. */
export const warmUp = async (cases: readonly Case[]): Promise<void> => {
  for (const one of cases) {
    let answered = 0
    for (let round = 0; round < warmUpRounds && answered < warmAfter; round += 1) {
      answered += (await closedLoop(one, 16, 1)).length
    }
  }
}

/** People in turn have all been away since the last round: measured is traffic that flows, and not their coming back at once. */
const comeBack = async (one: Case): Promise<void> => {
  const { requests } = one
  if (requests.length === 1) return
  for (let answered = 0; answered < requests.length;)
    answered += (await closedLoop({ ...one, requests: requests.slice(answered) }, 16, 0.5)).length
}

export type Plan = { connections: number; windows: number; seconds: number; progress: (text: string) => void }

export const compare = async (
  cases: readonly Case[],
  { connections, windows, seconds, progress }: Plan,
): Promise<Row[]> => {
  const taken = new Map<Case, Window[]>(cases.map((one) => [one, []]))
  for (let round = 0; round < windows; round += 1) {
    for (const one of inTurn(cases, round)) {
      progress(`${connections} connections, round ${round + 1} of ${windows}: ${one.name}`)
      await comeBack(one)
      taken.get(one)?.push(await window(one, connections, seconds))
    }
  }
  const base = taken.get(cases[0] as Case) ?? []
  return cases.map((one) => summary(one.name, connections, taken.get(one) ?? [], base))
}

export type SteadyRow = { case: string; per_second: number; p50_ms: number; p99_ms: number; added_p50_ms: number }

/** Well below what the servers can do: what a visitor waits for, rather than what a queue adds. */
export const compareSteady = async (
  cases: readonly Case[],
  perSecond: number,
  { windows, seconds, progress }: Omit<Plan, 'connections'>,
): Promise<SteadyRow[]> => {
  const taken = new Map<Case, Latencies[]>(cases.map((one) => [one, []]))
  for (let round = 0; round < windows; round += 1) {
    progress(`${perSecond} requests a second, round ${round + 1} of ${windows}`)
    for (const one of inTurn(cases, round)) {
      await comeBack(one)
      taken.get(one)?.push(await openLoop(one, perSecond, seconds))
      await sleep(20)
    }
  }
  const middlesOf = (one: Case): number[] => (taken.get(one) ?? []).map((latencies) => quantile(latencies, 0.5))
  const base = middlesOf(cases[0] as Case)
  return cases.map((one) => {
    const middles = middlesOf(one)
    return {
      case: one.name,
      per_second: perSecond,
      p50_ms: median(middles),
      // Of all windows together: a single one's says whether the platform collected garbage in it.
      p99_ms: quantile((taken.get(one) ?? []).flat(), 0.99),
      added_p50_ms: median(middles.map((middle, round) => middle - (base[round] ?? Number.NaN))),
    }
  })
}
