import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inProject, projectRoot } from '../tools/dev/project.ts'
import { type SourceFile, readSources, sourceFile } from './support/architecture/sources.ts'

// Who may import values from whom; types may point anywhere. A folder or file of src that has no row fails the test.
const features = ['login', 'account', 'admin', 'oauth', 'development']
const request = [
  'allow-origin.ts',
  'body.ts',
  'captcha-proof.ts',
  'explain.ts',
  'context.ts',
  'errors.ts',
  'exchange.ts',
  'exchange-facts.ts',
  'limit-rejection.ts',
  'language.ts',
  'log.ts',
  'phone-field.ts',
  'post-message.ts',
  'render.ts',
  'sightings.ts',
]
const domain = ['access', 'audit', 'hashing', 'identity', 'limits', 'sessions', 'threats', 'tokens', 'users']
const layers: Readonly<Record<string, readonly string[]>> = {
  // The frame.
  'worker.ts': ['start.ts', 'audit', 'hashing', 'limits', 'outbox', 'providers', 'sessions', 'threats', 'tokens'],
  'start.ts': [
    'hashing',
    'gateway.ts',
    'deps.ts',
    'config',
    'db',
    'errors.ts',
    'log.ts',
    'monitor',
    'sessions',
    'threat-deps.ts',
    'tokens',
    'kit',
  ],
  'gateway.ts': ['stages', 'access', 'hashing', ...features, 'monitor', ...request, 'db', 'kit'],
  'deps.ts': [
    'counting-deps.ts',
    'threat-deps.ts',
    'trust-deps.ts',
    'config',
    'monitor',
    'db',
    'providers',
    'login',
    'outbox',
    ...domain,
    'kit',
  ],
  'trust-deps.ts': ['audit', 'identity', 'login', 'sessions', 'tokens', 'users'],
  'counting-deps.ts': ['config', 'limits', 'login', 'kit'],
  'threat-deps.ts': ['audit', 'limits', 'threats', 'kit'],
  // What a request meets.
  stages: [...request, ...domain, 'pages', 'db', 'kit'],
  login: ['forms', ...request, ...domain, 'pages', 'db', 'kit'],
  account: ['forms', ...request, ...domain, 'pages', 'db', 'kit'],
  admin: ['forms', ...request, ...domain, 'pages', 'db', 'kit'],
  oauth: ['forms', ...request, ...domain, 'pages', 'db', 'kit'],
  development: ['forms', ...request, 'pages', 'kit'],
  monitor: [...request, 'access', 'db', 'kit'],
  forms: ['errors.ts', 'exchange.ts', 'body.ts', 'language.ts', 'pages', 'sessions', 'tokens', 'db', 'kit'],
  // What is known of a request.
  'allow-origin.ts': [],
  'render.ts': ['allow-origin.ts', 'errors.ts', 'language.ts', 'pages'],
  'language.ts': ['exchange.ts', 'pages', 'sessions'],
  'exchange.ts': ['errors.ts', 'access', 'kit'],
  'exchange-facts.ts': [],
  'limit-rejection.ts': ['captcha-proof.ts', 'errors.ts', 'exchange.ts', 'kit'],
  'explain.ts': ['access', 'kit'],
  'captcha-proof.ts': ['errors.ts', 'exchange.ts', 'exchange-facts.ts', 'log.ts', 'sessions'],
  'sightings.ts': ['exchange.ts'],
  'phone-field.ts': ['errors.ts', 'exchange.ts', 'users'],
  'post-message.ts': ['errors.ts', 'exchange.ts', 'kit'],
  'context.ts': [],
  'body.ts': ['errors.ts', 'kit'],
  'errors.ts': ['kit'],
  'log.ts': [],
  // The domain knows nothing of HTTP frameworks and bindings.
  access: ['kit'],
  audit: ['db', 'log.ts', 'kit'],
  hashing: ['kit'],
  identity: ['kit'],
  limits: ['threats', 'log.ts', 'kit'],
  sessions: ['audit', 'db', 'log.ts', 'kit'],
  threats: ['access', 'log.ts', 'kit'],
  tokens: ['access', 'audit', 'db', 'sessions', 'log.ts', 'kit'],
  users: ['audit', 'db', 'tokens', 'kit'],
  outbox: ['audit', 'providers', 'log.ts', 'kit'],
  // The outside.
  db: ['kit'],
  providers: ['kit', 'log.ts'],
  pages: ['kit'],
  // Runs in browsers, and is built into pages.
  browser: [],
  config: ['kit', 'access', 'limits', 'threats'],
  kit: [],
}

// Packages that only some may use.
const packages: readonly (readonly [name: RegExp, where: RegExp])[] = [
  [/^hono(?:\/|$)/, /^(?:context\.ts|login|account|admin|oauth|development|monitor\/metrics\.ts|pages)/],
  [/^cloudflare:workers$/, /-object\.ts$|^worker\.ts$/],
  [/^(?:drizzle-orm|@neondatabase)/, /^db\//],
  [/^#gateway\.config$/, /^worker\.ts$/],
]

const registries = [
  'login/index.ts',
  'admin/index.ts',
  'providers/email/index.ts',
  'providers/captcha/index.ts',
  'providers/sms/index.ts',
  'providers/breach-list/index.ts',
]
const budget = { medianLines: 70, alarmLines: 150, mostLines: 250, functionLines: 50 }

const unitOf = (path: string): string => path.split('/', 1)[0] ?? path

function brokenImports({ path, imports }: SourceFile): string[] {
  const allowed = layers[unitOf(path)]
  if (allowed === undefined) return [`${path} belongs to no layer`]
  return imports.flatMap(({ target, isOwn, isTypeOnly }) => {
    if (!isOwn) return isPackageAllowed(path, target, isTypeOnly) ? [] : [`${path} imports ${target}`]
    const isInside = target.startsWith('../') ? target === '../gateway.config.ts' : unitOf(target) === unitOf(path)
    return isTypeOnly || isInside || allowed.includes(unitOf(target)) ? [] : [`${path} imports a value of ${target}`]
  })
}

function isPackageAllowed(path: string, target: string, isTypeOnly: boolean): boolean {
  const rule = packages.find(([name]) => name.test(target))
  if (unitOf(path) === 'kit') return isTypeOnly
  return rule === undefined || rule[1].test(path)
}

/** A file that only hands on what others hold; a registry is one that says in which order. */
function isBarrel({ path, text }: SourceFile): boolean {
  return /^export\s+(?:\*|\{[^}]*\})\s+from/m.test(text) && path !== 'worker.ts'
}

function typeHoles({ path, text }: SourceFile): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) =>
    comment.includes('@ts-') ? comment : '',
  )
  const holes = [
    /[:<|&,(]\s*any\b|\bas any\b/,
    /[\w)\]]!(?=[.[;,)\s])(?!\s*=)/,
    /@ts-(?:ignore|expect-error|nocheck)/,
    /oxlint-disable|eslint-disable/,
  ]
  const strings = code.replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''")
  return holes
    .filter((hole) =>
      hole.test(
        hole.source.includes('disable') ? text : path.endsWith('.tsx') ? strings.replace(/>[^<{]*</g, '><') : strings,
      ),
    )
    .map((hole) => `${path}: ${hole.source}`)
}

const sources = readSources()

describe('the worker', () => {
  it('imports values only along its layers', () => {
    expect(sources.flatMap(brokenImports)).toEqual([])
  })

  it('has features that do not know one another', () => {
    const crossing = sources
      .filter(({ path }) => features.includes(unitOf(path)))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => features.includes(unitOf(target)) && unitOf(target) !== unitOf(path))
          .map(({ target }) => `${path} → ${target}`),
      )
    expect(crossing).toEqual([])
  })

  it('reads settings in one place', () => {
    const readers = sources.filter(
      ({ path, text }) =>
        !/^(?:config\/|start\.ts|(?:counting-|threat-|trust-)?deps\.ts|worker\.ts)/.test(path) &&
        /\bprocess\.env\b|\benv\.[A-Z]/.test(text),
    )
    expect(readers.map(({ path }) => path)).toEqual([])
  })

  it('has no barrels, and registries where they are known', () => {
    const indexes = sources.filter(({ path }) => path.endsWith('/index.ts')).map(({ path }) => path)
    expect(indexes.filter((path) => !registries.includes(path))).toEqual([])
    expect(sources.filter(isBarrel).map(({ path }) => path)).toEqual([])
  })

  it('has no hole in its types and silences no check', () => {
    expect(sources.flatMap(typeHoles)).toEqual([])
  })

  it('keeps files and functions small', () => {
    const lines = sources.map(({ codeLines }) => codeLines).toSorted((a, b) => a - b)
    // A language is one file of words: nothing in it can be divided that would be easier to read.
    const divisible = sources.filter(({ path }) => !path.startsWith('pages/texts/'))
    const long = divisible.filter(({ codeLines }) => codeLines > budget.alarmLines)
    for (const { path, codeLines } of long)
      console.warn(`src/${path} has ${codeLines} lines of code; ${budget.alarmLines} is a reason to divide it`)
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(budget.medianLines)
    expect(long.filter(({ codeLines }) => codeLines > budget.mostLines).map(({ path }) => path)).toEqual([])
    const functions = sources.flatMap(({ path, functions: all }) => all.map((one) => ({ path, ...one })))
    expect(functions.length).toBeGreaterThan(100)
    expect(functions.filter(({ codeLines }) => codeLines > budget.functionLines)).toEqual([])
  })
})

describe('the project', () => {
  it('names no place of one machine', () => {
    const folders = ['src', 'test', 'tools', 'sdk', 'migrations', '.githooks', '.ci']
    const files = folders.flatMap((folder) =>
      readdirSync(inProject(folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    )
    const place = /(?<![\w.:*)}'"\x60\]$-])\/(?:home|Users|root|work)\/\w/
    const naming = files.filter((file) => place.test(readFileSync(file, 'utf8')))
    expect(naming.map((file) => file.slice(projectRoot.length + 1))).toEqual([])
  })
})

describe('the rules themselves', () => {
  const broken = (path: string, text: string): string[] => brokenImports(sourceFile(path, text))

  it.each([
    ['account/pages.ts', "import { password } from '../login/password/method.ts'"],
    ['access/decide.ts', "import { Hono } from 'hono'"],
    ['access/decide.ts', "import { findUser } from '../db/queries/users.ts'"],
    ['sessions/gate.ts', "import { DurableObject } from 'cloudflare:workers'"],
    ['sessions/gate.ts', "import { sql } from 'drizzle-orm'"],
    ['kit/random.ts', "import { z } from 'zod'"],
    ['stages/authorize.ts', "import {\n  type Deps,\n  createDeps,\n} from '../deps.ts'"],
    ['helpers/one.ts', ''],
  ])('refuse in %s: %s', (path, text) => {
    expect(broken(path, text)).toHaveLength(1)
  })

  it('let types point up', () => {
    expect(
      broken(
        'sessions/gate.ts',
        "import type { Deps } from '../deps.ts'\nimport { type Exchange } from '../exchange.ts'",
      ),
    ).toEqual([])
  })

  it.each(['const a: any = 1', 'const b = c!.d', '// @ts-ignore', 'f(x as any)', '/* oxlint-disable */'])(
    'see the hole in %s',
    (text) => {
      expect(typeHoles({ ...sourceFile('kit/one.ts', ''), text })).toHaveLength(1)
    },
  )

  it('see a long function, and not the closures inside it', () => {
    const long = `function f() {\n${'  g()\n'.repeat(60)}}`
    const factory = `function f() {\n  return () => {\n${'    g()\n'.repeat(40)}  }\n}`
    expect(sourceFile('kit/one.ts', long).functions.map(({ codeLines }) => codeLines)).toEqual([62])
    expect(
      sourceFile('kit/one.ts', factory)
        .functions.map(({ codeLines }) => codeLines)
        .toSorted((a, b) => a - b),
    ).toEqual([4, 42])
  })
})
