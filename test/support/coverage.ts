// Collects what of the worker has run, in coverage runs (see test/run.ts); otherwise nothing.
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Workerd } from '../../tools/dev/workerd.ts'

const folder = process.env['PORTCULLIS_COVERAGE']
const path = `/${randomUUID()}`

export const coverageBindings: Readonly<Record<string, string>> = folder === undefined ? {} : { COVERAGE_PATH: path }

/** A process forgets its counts when it ends, so they are fetched before. One that was killed keeps its secrets. */
export function withCoverage(workerd: Workerd): Workerd {
  if (folder === undefined) return workerd
  const before = (end: () => Promise<void>) => async () => {
    await collect(workerd.urls, folder)
    await end()
  }
  return {
    ...workerd,
    get pid() {
      return workerd.pid
    },
    stop: before(() => workerd.stop()),
    kill: before(() => workerd.kill()),
    restart: (next) => before(() => workerd.restart(next))(),
  }
}

async function collect(urls: readonly string[], into: string): Promise<void> {
  for (const url of urls) {
    const answer = await fetch(url + path, { signal: AbortSignal.timeout(5000) }).catch(() => null)
    const isCounted = answer?.status === 200 && answer.headers.get('content-type')?.includes('json') === true
    if (isCounted) writeFileSync(join(into, `${randomUUID()}.json`), await answer.text())
  }
}
