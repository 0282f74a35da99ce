// The figures as text for a terminal, and what machine they are from.
import { cpus, totalmem } from 'node:os'
import type { Row, SteadyRow } from './measure.ts'

export type Machine = {
  processor: string
  cores: number
  memory_gb: number
  system: string
  node: string
  /** Whether the servers had a core to themselves. */
  pinned: boolean
  at: string
}

export type Report = { machine: Machine; rows: readonly Row[]; steady: readonly SteadyRow[] }

export const thisMachine = (pinned: boolean): Machine => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memory_gb: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${process.arch}`,
  node: process.versions.node,
  pinned,
  at: new Date().toISOString(),
})

export const shown = (value: number | null, digits: number): string =>
  value === null || Number.isNaN(value) ? '–' : value.toFixed(digits)

/** The processor time a request costs on top of the pass-through's. */
export const addedCpu = (row: Row, rows: readonly Row[]): number | null => {
  const base = rows.find((other) => other.case === 'pass-through' && other.connections === row.connections)
  return row.cpu_us === null || base === undefined || base.cpu_us === null ? null : row.cpu_us - base.cpu_us
}

export const tableHead = ['case', 'conn', 'req/s', 'ratio', '± spread', 'p50 ms', 'p99 ms', 'CPU µs', 'added', 'RSS MB']

export const cellsOf = (row: Row, rows: readonly Row[]): string[] => [
  row.case,
  String(row.connections),
  shown(row.rps, 0),
  shown(row.ratio, 3),
  shown(row.spread, 3),
  shown(row.p50_ms, 2),
  shown(row.p99_ms, 2),
  shown(row.cpu_us, 1),
  shown(addedCpu(row, rows), 1),
  shown(row.rss_mb, 0),
]

export const steadyHead = ['case', 'req/s', 'p50 ms', 'p99 ms', 'added p50 ms']

export const steadyCells = (row: SteadyRow): string[] => [
  row.case,
  shown(row.per_second, 0),
  shown(row.p50_ms, 3),
  shown(row.p99_ms, 3),
  shown(row.added_p50_ms, 3),
]

export const aligned = (lines: readonly (readonly string[])[]): string => {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n')
}

/** What the machine makes of two servers that are the same: a difference below this says nothing. */
export const noise = (rows: readonly Row[]): string[] =>
  rows
    .filter((row) => row.case === 'pass-through-again')
    .map(
      (row) =>
        `${row.connections} connections: pass-through against itself ${shown(row.ratio, 3)} ± ${shown(row.spread, 3)}`,
    )

export const pinningNote = ({ pinned }: Machine): string =>
  pinned
    ? 'workerd on core 0, load and site on the others'
    : 'not pinned (no taskset or one core): servers and load disturb each other, read the ratios with care'

export const rowsAsText = ({ machine, rows }: Pick<Report, 'machine' | 'rows'>): string =>
  [
    `${machine.processor}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}; ${pinningNote(machine)}`,
    '',
    aligned([tableHead, ...rows.map((row) => cellsOf(row, rows))]),
    '',
    'Noise of this machine, the A/A control of this run:',
    ...noise(rows),
  ].join('\n')

export const steadyAsText = (steady: readonly SteadyRow[]): string =>
  ['', 'Open loop, far from saturation:', aligned([steadyHead, ...steady.map(steadyCells)])].join('\n')

/** What of a session's request is limits: the difference to a gateway without any, of this very run. */
export const limitsAsText = ({ rows, steady }: Pick<Report, 'rows' | 'steady'>): string => {
  const throughput = rows
    .filter((row) => row.case === 'session')
    .flatMap((limited) => {
      const free = rows.find((row) => row.case === 'session-without-limits' && row.connections === limited.connections)
      return free === undefined
        ? []
        : [`${limited.connections} connections: ${shown(limited.rps / free.rps, 3)} of the throughput without`]
    })
  const [limited, free] = ['session', 'session-without-limits'].map((name) => steady.find((row) => row.case === name))
  const waits =
    limited === undefined || free === undefined
      ? []
      : [
          `${shown(limited.per_second, 0)} a second: p50 ${shown(limited.p50_ms - free.p50_ms, 3)} ms more, p99 ${shown(limited.p99_ms - free.p99_ms, 3)} ms more`,
        ]
  const lines = [...throughput, ...waits]
  return lines.length === 0 ? '' : ['', 'What limits cost a session:', ...lines].join('\n')
}
