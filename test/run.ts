// `npm test`: every suite, with the lines of the worker that ran counted through the front door; the last line is the sum.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { coveredShare, readLines } from '../tools/coverage/lines.ts'
import { writeInstrumented } from '../tools/coverage/instrument.ts'
import { inProject, projectRoot } from '../tools/dev/project.ts'
import { bundleTemplate } from './support/worker-template.ts'

interface Job {
  readonly project: string
  /** Which part of the project's files, as `1/4`. */
  readonly part?: string
}

const parts = 8
/** The long ones first. Those through the front door are in parts, so that the lanes end at about the same time. */
const working: readonly Job[] = [
  { project: 'browser' },
  ...Array.from({ length: parts }, (_, index) => ({ project: 'flows', part: `${index + 1}/${parts}` })),
  { project: 'unit' },
]
/** Beside those: what mostly waits, for time to pass or for an object. Whoever is through with them helps the others. */
const beside: readonly Job[] = ['waiting', 'objects'].map((project) => ({ project }))
const jobs = [...working, ...beside]
const entersByDoor = ({ project }: Job): boolean => project !== 'unit' && project !== 'objects'
/** More at once would take from each other the time that some of them measure. */
const lanes = 2
const leastCovered = 0.95

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly success: boolean
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

mkdirSync(inProject('coverage'), { recursive: true })
const folder = mkdtempSync(inProject('coverage', 'run-'))
const counts = join(folder, 'counts')
mkdirSync(counts)

const nameOf = ({ project, part }: Job): string => (part === undefined ? project : `${project} ${part}`)
const fileOf = (job: Job): string => join(folder, nameOf(job).replace(/\W/g, '-'))

/** Each in a process of its own: one that cannot even start is seen, and says so by having no report. */
function run(job: Job): Promise<Report | null> {
  const report = `${fileOf(job)}.json`
  // What the worker runs is counted in it. Here, what tests import of it without entering by the front door.
  const coverage = ['provider=istanbul', 'reporter=json', 'reportOnFailure', `reportsDirectory=${fileOf(job)}`]
  const args = ['run', '--project', job.project, '--maxWorkers=1', '--reporter=default', '--reporter=json']
  args.push(`--outputFile.json=${report}`, ...(job.part === undefined ? [] : [`--shard=${job.part}`]))
  if (!entersByDoor(job)) args.push('--coverage', ...coverage.map((option) => `--coverage.${option}`))
  const env = { ...process.env, PORTCULLIS_COVERAGE: counts, PORTCULLIS_WORKER_TEMPLATE: JSON.stringify(template) }
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [inProject('node_modules', 'vitest', 'vitest.mjs'), ...args], {
      cwd: projectRoot,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('close', () => resolve(readReport(report)))
  })
}

function readReport(file: string): Report | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    return null
  }
}

function showCoverage(): boolean {
  const files = readLines(counts, instrumented.coverage)
  const share = coveredShare(files)
  const isEnough = share >= leastCovered
  console.log(
    `\n${(share * 100).toFixed(1)} % of the lines of src run in tests, at least ${leastCovered * 100} % must.`,
  )
  const worst = files.filter(({ missed }) => missed.length > 0).toSorted((a, b) => b.missed.length - a.missed.length)
  for (const { path, total, missed } of worst.slice(0, isEnough ? 5 : 25)) {
    console.log(
      `  ${path}: ${missed.length} of ${total} lines never ran (${missed.slice(0, 20).join(', ')}${missed.length > 20 ? ', …' : ''})`,
    )
  }
  return isEnough
}

/** Once more at the end, where it is found without reading what the other suites printed. */
function showFailures({ testResults }: Report): void {
  for (const { name, message, assertionResults } of testResults) {
    const file = relative(projectRoot, name)
    if (message !== '') console.log(`  ${file}: ${message}`)
    for (const { fullName, status, failureMessages } of assertionResults) {
      const [reason = ''] = failureMessages.join('\n').split(/\n\s+at file:/)
      if (status === 'failed') console.log(`  ${file} > ${fullName}\n    ${reason}`)
    }
  }
}

/** By name: what did not run proves nothing, and a number alone does not say what. */
function showSkipped({ testResults }: Report): void {
  for (const { name, assertionResults } of testResults)
    for (const { fullName, status } of assertionResults)
      if (status !== 'passed' && status !== 'failed')
        console.log(`  skipped: ${relative(projectRoot, name)} > ${fullName}`)
}

const instrumented = writeInstrumented(join(folder, 'worker'))
const template = await bundleTemplate(join(folder, 'template'), instrumented.entry)
const reports = new Map<Job, Report | null>()
const lane = async (left: Job[]): Promise<void> => {
  for (let job = left.shift(); job !== undefined; job = left.shift()) reports.set(job, await run(job))
}
const left = [...working]
await Promise.all([...Array.from({ length: lanes }, () => lane(left)), lane([...beside]).then(() => lane(left))])

for (const job of jobs) {
  const file = join(fileOf(job), 'coverage-final.json')
  if (existsSync(file)) renameSync(file, join(counts, `${basename(fileOf(job))}.json`))
}

let isFine = showCoverage()
const sum = { passed: 0, failed: 0, skipped: 0 }
for (const job of jobs) {
  const report = reports.get(job) ?? null
  const ran = report === null ? 0 : report.numPassedTests + report.numFailedTests
  if (report === null || ran === 0 || !report.success) {
    isFine = false
    console.log(`Suite ${nameOf(job)}: ${ran === 0 ? 'ran no test' : 'failed'}.`)
    if (report !== null) showFailures(report)
    // A suite that did not get as far as a test counts as one that failed.
    if (report === null || report.numFailedTests === 0) sum.failed += 1
  }
  if (report !== null) showSkipped(report)
  sum.passed += report?.numPassedTests ?? 0
  sum.failed += report?.numFailedTests ?? 0
  sum.skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
}
rmSync(folder, { recursive: true, force: true })
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`)
process.exit(isFine && sum.failed === 0 ? 0 : 1)
