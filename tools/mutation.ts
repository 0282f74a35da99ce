// Mutation testing of what decides who may pass: every small change to it must make a unit test fail.
// `npm run mutation` tries all, `npm run mutation -- src/sessions` those below a path. Exits with 1 below the score wanted.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProject } from './dev/project.ts'

const subjects = [
  'src/access',
  'src/sessions/token.ts',
  'src/sessions/csrf.ts',
  'src/sessions/policy.ts',
  'src/limits/counter.ts',
  'src/limits/decide.ts',
  'src/limits/penalty.ts',
  'src/limits/lockout.ts',
  'src/tokens/passport.ts',
]
const leastKilled = 0.8
const lanes = 2

interface Mutant {
  readonly file: string
  readonly line: number
  readonly from: string
  readonly to: string
  readonly text: string
}

// One sign for another; spaces keep generics and arrows out.
const swaps: readonly (readonly [RegExp, string])[] = [
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
  [/(?<=[\s(,])\d+(?=[\s),]|$)/g, 'NaN'],
]

function filesOf(subject: string): string[] {
  if (statSync(inProject(subject)).isFile()) return [subject]
  return readdirSync(inProject(subject)).map((name) => `${subject}/${name}`)
}

function isCode(line: string): boolean {
  return !/^\s*(?:\/\/|\/?\*|import |export type|type |interface |readonly |\| )/.test(line)
}

function mutantsOf(file: string): Mutant[] {
  const lines = readFileSync(inProject(file), 'utf8').split('\n')
  return lines.flatMap((line, index) => {
    if (!isCode(line)) return []
    return swaps.flatMap(([pattern, to]) =>
      [...line.matchAll(pattern)].map((match) => {
        const changed = line.slice(0, match.index) + to + line.slice(match.index + match[0].length)
        return {
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
    'tsconfig.json',
    'tsconfig.node.json',
  ]
  for (const part of parts) cpSync(inProject(part), join(folder, part), { recursive: true })
  symlinkSync(inProject('node_modules'), join(folder, 'node_modules'))
  const config = `export default { test: { include: ['test/unit/{access,sessions,limits,tokens,kit}/**/*.test.ts'], testTimeout: 20_000 } }\n`
  writeFileSync(join(folder, 'vitest.config.ts'), config)
  return folder
}

function isKilled(copy: string): Promise<boolean> {
  return new Promise((resolve) => {
    const args = [
      join(copy, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--bail=1',
      '--silent',
      '--reporter=dot',
      '--maxWorkers=1',
    ]
    const child = spawn(process.execPath, args, { cwd: copy, stdio: 'ignore' })
    // A mutant that never ends is noticed too.
    const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve(code !== 0)
    })
  })
}

const below = process.argv.slice(2)[0] ?? ''
const mutants = subjects
  .flatMap(filesOf)
  .filter((file) => file.startsWith(below))
  .flatMap(mutantsOf)
const waiting = [...mutants]
const survivors: Mutant[] = []

async function lane(): Promise<void> {
  const copy = newCopy()
  try {
    if (await isKilled(copy)) throw new Error('The tests fail without any mutant.')
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const original = readFileSync(inProject(mutant.file), 'utf8')
      writeFileSync(join(copy, mutant.file), mutant.text)
      if (!(await isKilled(copy))) survivors.push(mutant)
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
