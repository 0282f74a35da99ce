// Puts environment values where a setting names one: `{ env: 'NAME' }` in place of a text, so that one file serves several
// environments.
import type { ConfigProblem } from './problems.ts'

/** Settings in which any text may be left to the environment. */
export type OrFromEnvironment<Value> = Value extends string
  ? Value | { readonly env: string }
  : Value extends readonly (infer Item)[]
    ? readonly OrFromEnvironment<Item>[]
    : Value extends object
      ? { [Name in keyof Value]: OrFromEnvironment<Value[Name]> }
      : Value

/** What is not there is a problem under the name of the environment value, and nothing in the settings. */
export function fromEnvironment(
  value: unknown,
  environment: Readonly<Record<string, unknown>>,
  problems: ConfigProblem[],
): unknown {
  if (Array.isArray(value)) return value.map((item) => fromEnvironment(item, environment, problems))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [[name, env] = []] = entries
  if (entries.length !== 1 || name !== 'env' || typeof env !== 'string')
    return Object.fromEntries(entries.map(([key, inner]) => [key, fromEnvironment(inner, environment, problems)]))
  const found = environment[env]
  if (typeof found === 'string' && found !== '') return found
  const expected = 'a text, as gateway.config.ts names it'
  problems.push({ field: `environment: ${env}`, found: found === undefined ? 'nothing' : typeof found, expected })
  return undefined
}
