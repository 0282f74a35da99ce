// Mutation testing of what decides who may pass: every small change to it must make a test fail.
// `npm run mutation` tries all, `npm run mutation -- src/sessions` those below a path. Exits with 1 below the score wanted.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProject } from './dev/project.ts'

interface Subject {
  readonly path: string
  readonly project: 'unit' | 'flows'
  /** Where its guarantees are stated: a mutant that only another suite would notice counts as survived. */
  readonly tests: readonly string[]
}

const unit = (path: string, ...tests: string[]): Subject => ({ path, project: 'unit', tests })
const flows = (path: string, ...tests: string[]): Subject => ({ path, project: 'flows', tests })

const subjects: readonly Subject[] = [
  unit('src/access', 'test/unit/access'),
  unit('src/sessions/token.ts', 'test/unit/sessions'),
  unit('src/sessions/csrf.ts', 'test/unit/sessions'),
  unit('src/sessions/policy.ts', 'test/unit/sessions'),
  unit('src/sessions/shard.ts', 'test/unit/sessions'),
  unit('src/sessions/known-session.ts', 'test/unit/sessions'),
  unit('src/limits/counter.ts', 'test/unit/limits'),
  unit('src/limits/decide.ts', 'test/unit/limits'),
  unit('src/limits/penalty.ts', 'test/unit/limits'),
  unit('src/limits/lockout.ts', 'test/unit/limits'),
  unit('src/tokens/passport.ts', 'test/unit/tokens/passport.test.ts'),
  unit('src/tokens/strict-json.ts', 'test/unit/tokens/compact-jws.test.ts'),
  unit('src/tokens/compact-jws.ts', 'test/unit/tokens/compact-jws.test.ts'),
  unit('src/tokens/validate-claims.ts', 'test/unit/tokens/validate-claims.test.ts'),
  unit('src/identity/authorization-header.ts', 'test/unit/identity'),
  flows('src/tokens/assertion.ts', 'test/flows/identity.test.ts'),
  flows('src/stages/csrf.ts', 'test/flows/csrf.test.ts', 'test/flows/sign-out.test.ts'),
  flows('src/login/password/hasher.ts', 'test/flows/login.test.ts'),
]
const leastKilled = 0.8
const lanes = 2

interface Mutant {
  readonly subject: Subject
  readonly file: string
  readonly line: number
  readonly from: string
  readonly to: string
  readonly text: string
}

// One sign for another; spaces keep generics and arrows out.
const swaps: readonly (readonly [RegExp, string | ((text: string) => string)])[] = [
  // One more: NaN would count as 0 wherever text is cut.
  [/(?<=[\s(,])\d+(?=[\s),]|$)/g, (digits) => String(Number(digits) + 1)],
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ \?\? /g, ' && '],
  [/ < /g, ' <= '],
  [/ <= /g, ' < '],
  [/ > /g, ' >= '],
  [/ >= /g, ' > '],
  [/ \+ /g, ' - '],
  [/ - /g, ' + '],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/(?<=[(\s])!(?=[\w(])/g, ''],
  [/\bcontinue$/g, 'break'],
  [/(?<=\) )return null$/g, '{}'],
  [/\.some\(/g, '.every('],
  [/\.every\(/g, '.some('],
]

function filesOf(path: string): string[] {
  if (statSync(inProject(path)).isFile()) return [path]
  return readdirSync(inProject(path)).map((name) => `${path}/${name}`)
}

function isCode(line: string): boolean {
  return !/^\s*(?:\/\/|\/?\*|import |export type|type |interface |readonly |\| )/.test(line)
}

/** Without what only a reader sees. */
function codeOf(line: string): string {
  return line.replace(/ \/\/ .*$| \/\*\*? .*$/, '')
}

function mutantsOf(file: string, subject: Subject): Mutant[] {
  const lines = readFileSync(inProject(file), 'utf8').split('\n')
  return lines.flatMap((line, index) => {
    if (!isCode(line)) return []
    return swaps.flatMap(([pattern, swap]) =>
      [...codeOf(line).matchAll(pattern)].map((match) => {
        const to = typeof swap === 'string' ? swap : swap(match[0])
        const changed = line.slice(0, match.index) + to + line.slice(match.index + match[0].length)
        return {
          subject,
          file,
          line: index + 1,
          from: match[0].trim(),
          to: to.trim(),
          text: lines.with(index, changed).join('\n'),
        }
      }),
    )
  })
}

/** A copy of the project in which one mutant at a time lives. */
function newCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-mutation-'))
  const parts = [
    'src',
    'sdk',
    'tools',
    'test',
    'migrations',
    'package.json',
    'gateway.config.ts',
    'wrangler.toml',
    'vitest.config.ts',
    'tsconfig.json',
    'tsconfig.node.json',
  ]
  for (const part of parts) cpSync(inProject(part), join(folder, part), { recursive: true })
  symlinkSync(inProject('node_modules'), join(folder, 'node_modules'))
  return folder
}

function isKilled(copy: string, { project, tests }: Subject): Promise<boolean> {
  return new Promise((resolve) => {
    const args = [
      join(copy, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--project',
      project,
      ...tests,
      '--bail=1',
      '--silent',
      '--reporter=dot',
      '--maxWorkers=1',
    ]
    // A group of its own: a mutant that never ends runs in a worker process, which outlives the runner.
    const env = { ...process.env, LIMITS_MODEL_REQUESTS: '40000' }
    const child = spawn(process.execPath, args, { cwd: copy, env, stdio: 'ignore', detached: true })
    const timer = setTimeout(() => endGroup(child.pid), 120_000)
    child.once('close', (code) => {
      clearTimeout(timer)
      endGroup(child.pid)
      resolve(code !== 0)
    })
  })
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}

const below = process.argv.slice(2)[0] ?? ''
const mutants = subjects.flatMap((subject) =>
  filesOf(subject.path)
    .filter((file) => file.startsWith(below))
    .flatMap((file) => mutantsOf(file, subject)),
)
const waiting = [...mutants]
const survivors: Mutant[] = []

async function lane(): Promise<void> {
  const copy = newCopy()
  try {
    for (const subject of new Set(mutants.map((mutant) => mutant.subject)))
      if (await isKilled(copy, subject)) throw new Error(`The tests of ${subject.path} fail without any mutant.`)
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const original = readFileSync(inProject(mutant.file), 'utf8')
      writeFileSync(join(copy, mutant.file), mutant.text)
      if (!(await isKilled(copy, mutant.subject))) survivors.push(mutant)
      writeFileSync(join(copy, mutant.file), original)
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

await Promise.all(Array.from({ length: lanes }, lane))
for (const { file, line, from, to } of survivors)
  console.log(`survived: ${file}:${line} ${from} → ${to === '' ? '(nothing)' : to}`)
const score = mutants.length === 0 ? 0 : 1 - survivors.length / mutants.length
console.log(`${mutants.length - survivors.length} of ${mutants.length} mutants killed (${(score * 100).toFixed(0)} %)`)
process.exit(score >= leastKilled ? 0 : 1)
