// A copy of the worker that counts which of its lines run. Only tests bundle it.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { FileCoverageData } from '@vitest/istanbul-lib-coverage'
import { createInstrumenter } from '@vitest/istanbul-lib-instrument'
import { inProject, projectRoot } from '../dev/project.ts'

const countedWorker = join('test', 'objects', 'support', 'counted-worker.ts')

export interface Instrumented {
  readonly entry: string
  /** What can run at all, by file. */
  readonly coverage: ReadonlyMap<string, FileCoverageData>
}

function sourceFiles(): readonly string[] {
  return readdirSync(inProject('src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
}

function instrument(file: string): { readonly code: string; readonly coverage: FileCoverageData } {
  const instrumenter = createInstrumenter({
    esModules: true,
    compact: false,
    parserPlugins: file.endsWith('x') ? ['typescript', 'jsx'] : ['typescript'],
    coverageGlobalScope: 'globalThis',
    coverageGlobalScopeFunc: false,
  })
  const code = instrumenter.instrumentSync(readFileSync(file, 'utf8'), file)
  return { code, coverage: instrumenter.lastFileCoverage() }
}

/** Writes the copy below `folder`, which must be inside the project so that packages are found; returns its entry. */
export function writeInstrumented(folder: string): Instrumented {
  const coverage = new Map<string, FileCoverageData>()
  for (const file of sourceFiles()) {
    const instrumented = instrument(file)
    write(join(folder, relative(projectRoot, file)), instrumented.code)
    coverage.set(file, instrumented.coverage)
  }
  write(join(folder, countedWorker), readFileSync(inProject(countedWorker), 'utf8'))
  return { entry: join(folder, countedWorker), coverage }
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
