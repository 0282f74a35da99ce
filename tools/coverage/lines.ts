// Which lines of the worker ran in any of the suites, however they were entered.
import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type CoverageMapData, type FileCoverageData, createCoverageMap } from '@vitest/istanbul-lib-coverage'
import { projectRoot } from '../dev/project.ts'

export interface FileLines {
  readonly path: string
  readonly total: number
  readonly missed: readonly number[]
}

/** Counts of suites that compile differently are joined by line; which lines there are says the source itself. */
export function readLines(folder: string, source: ReadonlyMap<string, FileCoverageData>): readonly FileLines[] {
  const ran = new Map<string, Set<number>>()
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const map = createCoverageMap(JSON.parse(readFileSync(join(folder, name), 'utf8')) as CoverageMapData)
    for (const file of map.files()) {
      const lines = ran.get(file) ?? new Set<number>()
      ran.set(file, lines)
      for (const [line, count] of Object.entries(map.fileCoverageFor(file).getLineCoverage()))
        if (count > 0) lines.add(Number(line))
    }
  }
  return [...source].map(([file, coverage]) => {
    const all = createCoverageMap({ [file]: coverage })
      .fileCoverageFor(file)
      .getLineCoverage()
    const lines = Object.keys(all).map(Number)
    return {
      path: relative(projectRoot, file),
      total: lines.length,
      missed: lines.filter((line) => !ran.get(file)?.has(line)),
    }
  })
}

export function coveredShare(files: readonly FileLines[]): number {
  const total = files.reduce((sum, file) => sum + file.total, 0)
  const missed = files.reduce((sum, file) => sum + file.missed.length, 0)
  return total === 0 ? 0 : (total - missed) / total
}
