// Everything that can be said about the code without running it, side by side: one line a step, the words of what failed.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { inProject, projectRoot } from './dev/project.ts'

interface Step {
  readonly name: string
  readonly command: readonly string[]
}

const bin = (name: string, ...args: string[]): readonly string[] => [inProject('node_modules', '.bin', name), ...args]

// The slowest first, so that the last to end is a short one.
const steps: readonly Step[] = [
  { name: 'architecture', command: bin('vitest', 'run', '--project', 'unit', 'test/architecture.test.ts') },
  { name: 'binding types', command: bin('wrangler', 'types', '--include-runtime=false', '--check') },
  { name: 'dead code', command: bin('knip') },
  { name: 'lint', command: bin('oxlint', '--type-aware', '--deny-warnings') },
  { name: 'types of the worker', command: bin('tsc', '-p', 'tsconfig.json') },
  { name: 'types of tools and tests', command: bin('tsc', '-p', 'tsconfig.node.json') },
  { name: 'types of object tests', command: bin('tsc', '-p', 'test/objects/tsconfig.json') },
  { name: 'format', command: bin('oxfmt', '--check') },
]

const environment = {
  ...process.env,
  PATH: `${inProject('node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_WRITE_LOGS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  CI: 'true',
  NO_COLOR: '1',
  FORCE_COLOR: undefined,
}

function run({ name, command }: Step): Promise<boolean> {
  const startedAtMs = performance.now()
  const [program = '', ...args] = command
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: projectRoot, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const take = (chunk: Buffer): void => {
      output += chunk.toString()
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.once('error', (error) => {
      output += error.message
    })
    child.once('close', (code) => {
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1)
      console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)${code === 0 ? '' : `\n${output.trim()}\n`}`)
      resolve(code === 0)
    })
  })
}

const waiting = [...steps]
let failed = 0
async function work(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) if (!(await run(step))) failed += 1
}
await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work))
console.log(failed === 0 ? `${steps.length} checks passed` : `${failed} of ${steps.length} checks failed`)
process.exit(failed === 0 ? 0 : 1)
