// The worker's source as the rules of architecture look at it: imports, size of files and functions.
import { readFileSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { createInstrumenter } from '@vitest/istanbul-lib-instrument'
import { projectRoot } from '../../../tools/dev/project.ts'

export interface Import {
  /** A path below src for the project's own files, otherwise the package as written. */
  readonly target: string
  readonly isOwn: boolean
  readonly isTypeOnly: boolean
}

export interface SourceFile {
  /** Below src, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
  readonly codeLines: number
  readonly functions: readonly { readonly name: string; readonly codeLines: number }[]
}

const clause = /^(import|export)\s+(type\s+)?([^'";]*?)\s*from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm

function importsOf(path: string, text: string): Import[] {
  return [...text.matchAll(clause)].map((match) => {
    const [, , type, names = '', from, bare, dynamic] = match
    const specifier = from ?? bare ?? dynamic ?? ''
    const isOwn = specifier.startsWith('.')
    const listed = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1]?.split(',') ?? []
    const named = listed.map((name) => name.trim()).filter((name) => name !== '')
    const isTypeOnly = type !== undefined || (named.length > 0 && named.every((name) => name.startsWith('type ')))
    return { target: isOwn ? posix.join(posix.dirname(path), specifier) : specifier, isOwn, isTypeOnly }
  })
}

/** Numbers of the lines that hold more than white space or a comment. */
function codeLinesOf(text: string): Set<number> {
  const lines = text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, '')).split('\n')
  return new Set(lines.flatMap((line, index) => (/^\s*(?:\/\/.*)?$/.test(line) ? [] : [index + 1])))
}

/** A function's own lines: those of the functions inside it count for themselves. */
function functionsOf(path: string, text: string, code: ReadonlySet<number>): SourceFile['functions'] {
  const instrumenter = createInstrumenter({
    esModules: true,
    parserPlugins: path.endsWith('x') ? ['typescript', 'jsx'] : ['typescript'],
  })
  // The instrumenter passes over private methods; under another name of the same length it does not.
  instrumenter.instrumentSync(text.replace(/#(?=[a-z])/gi, '_'), path)
  const found = Object.values(instrumenter.lastFileCoverage().fnMap)
  return found.map(({ name, loc }) => {
    const inner = found.filter((other) => other.loc !== loc && isWithin(other.loc, loc))
    const own = [...code].filter((line) => {
      const isInner = inner.some((other) => line > other.loc.start.line && line < other.loc.end.line)
      return line >= loc.start.line && line <= loc.end.line && !isInner
    })
    return { name, codeLines: own.length }
  })
}

interface Span {
  readonly start: { readonly line: number; readonly column: number }
  readonly end: { readonly line: number; readonly column: number }
}

function isWithin(inner: Span, outer: Span): boolean {
  const startsLater =
    inner.start.line > outer.start.line ||
    (inner.start.line === outer.start.line && inner.start.column > outer.start.column)
  return startsLater && inner.end.line <= outer.end.line
}

export function sourceFile(path: string, text: string): SourceFile {
  const code = codeLinesOf(text)
  return { path, text, imports: importsOf(path, text), codeLines: code.size, functions: functionsOf(path, text, code) }
}

export function readSources(): readonly SourceFile[] {
  const root = join(projectRoot, 'src')
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((file) => sourceFile(posix.normalize(file.slice(root.length + 1)), readFileSync(file, 'utf8')))
}
