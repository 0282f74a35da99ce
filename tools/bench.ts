// npm run bench: a bare pass-through, this gateway and its peers, side by side in one run on bare workerd.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { startCases } from './bench/cases.ts'
import { chartPage } from './bench/chart.ts'
import { firstSightAsText, measureFirstSight, missedIn } from './bench/first-sight.ts'
import { missedBounds } from './bench/login-bounds.ts'
import { loginsAsText, measureLogins } from './bench/logins.ts'
import { type Row, compare, compareSteady, warmUp } from './bench/measure.ts'
import { readOptions } from './bench/options.ts'
import { pinLoad, pinServer } from './bench/pinning.ts'
import { type Report, limitsAsText, rowsAsText, steadyAsText, thisMachine } from './bench/report.ts'
import { scratchFolder } from './bench/servers.ts'
import { createLifetime } from './dev/lifetime.ts'
import { inProject, shownPath } from './dev/project.ts'
import { reason } from './dev/reason.ts'
import { assertNodeVersion } from './dev/settings.ts'

const lifetime = createLifetime()

const write = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  console.log(`written: ${shownPath(file)}`)
}

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

const run = async (): Promise<void> => {
  assertNodeVersion()
  const options = readOptions(process.argv.slice(2))
  // Before anything starts, as children inherit it; the servers are then moved away one by one. Logging in is the work of two
  // processes, and neither may be kept from the other's core.
  const isPinned = !options.logins && pinLoad()
  progress('starting')
  if (options.logins) {
    const figures = await measureLogins(lifetime, scratchFolder(lifetime), { ...options, progress })
    progress('')
    console.log(loginsAsText(figures))
    if (options.json !== undefined)
      write(options.json, `${JSON.stringify({ machine: thisMachine(isPinned), logins: figures }, null, 2)}\n`)
    const missed = missedBounds(figures)
    if (missed.length > 0) throw new Error(['Not every bound is kept.', ...missed].join('\n'))
    return
  }
  if (options.firstSight) {
    const figures = await measureFirstSight(lifetime, scratchFolder(lifetime), { ...options, progress })
    progress('')
    console.log(firstSightAsText(figures))
    if (options.json !== undefined)
      write(options.json, `${JSON.stringify({ machine: thisMachine(isPinned), ...figures }, null, 2)}\n`)
    const missed = missedIn(figures)
    return lifetime.end(missed.length === 0 ? undefined : missed.join('\n'))
  }
  const cases = await startCases(options.cases, lifetime, scratchFolder(lifetime))
  const pinned = isPinned && cases.every(({ pid }) => pinServer(pid))
  progress('warming up')
  await warmUp(cases)
  const plan = { windows: options.windows, seconds: options.seconds, progress }
  const rows: Row[] = []
  for (const connections of options.connections) rows.push(...(await compare(cases, { ...plan, connections })))
  const machine = thisMachine(pinned)
  progress('')
  console.log(rowsAsText({ machine, rows }))
  const steady = options.steady === 0 ? [] : await compareSteady(cases, options.steady, plan)
  progress('')
  if (steady.length > 0) console.log(steadyAsText(steady))
  console.log(limitsAsText({ rows, steady }))
  const report: Report = { machine, rows, steady }
  write(inProject('reports', 'bench.html'), chartPage(report))
  if (options.json !== undefined) write(options.json, `${JSON.stringify(report, null, 2)}\n`)
}

run().then(
  () => lifetime.end(),
  (error: unknown) => lifetime.end(reason(error)),
)
