// How a mistake in the settings is told: which field, what was found there, and what would be right.
import type { z } from 'zod'

/** One mistake: which field, and what would be right. Never the value, which may be a secret. */
export interface ConfigProblem {
  readonly field: string
  readonly found: string
  readonly expected: string
}

/** `expected` may know better than the schema's message what would be right for a field of that name. */
export function problemsOf(
  parsed: z.ZodSafeParseResult<unknown>,
  source: string,
  input: unknown,
  expected: (name: string) => string | undefined = () => undefined,
): ConfigProblem[] {
  if (parsed.success) return []
  return parsed.error.issues.map((issue) => ({
    field: `${source}: ${pathText(issue.path)}`,
    found: typeName(at(input, issue.path)),
    expected: expected(String(issue.path[0])) ?? issue.message,
  }))
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, '')
}

function at(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  )
}

function typeName(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
