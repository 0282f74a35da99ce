// PORTCULLIS_FLAGS: switches of one environment over those of gateway.config.ts, such as
// `limit.login=shadow, lockout=off, method.magic-link=25%`. Each is put where the settings have it, and checked there.
import { loginMethodIds } from '../access/login-methods.ts'
import { limitRuleIds } from '../limits/rules.ts'
import { detectorIds } from '../threats/detectors/detectors.ts'
import type { ConfigProblem } from './problems.ts'

const field = 'environment: PORTCULLIS_FLAGS'

/** The names there are, and where in the settings each one lies. */
const places: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['lockout', ['limits', 'lockout', 'state']],
  ...limitRuleIds.map((id) => [`limit.${id}`, ['limits', 'rules', id, 'state']] as const),
  ...detectorIds.map((id) => [`detector.${id}`, ['threats', 'detectors', id, 'state']] as const),
  ['risk', ['threats', 'risk', 'state']],
  ...loginMethodIds.map((id) => [`method.${id}`, ['login', 'methods', id]] as const),
])

export function withFlags(config: unknown, flags: unknown, problems: ConfigProblem[]): unknown {
  if (flags === undefined || flags === '') return config
  if (typeof flags !== 'string') {
    problems.push({ field, found: typeof flags, expected: 'a text of name=state pairs' })
    return config
  }
  let next = config
  for (const pair of flags.split(',')) {
    const [name = '', state = ''] = pair.split('=').map((part) => part.trim())
    const place = places.get(name)
    const value = stateOf(state, name)
    if (place === undefined || value === null) problems.push(problemOf(name, place === undefined))
    else next = withValue(next, place, value)
  }
  return next
}

/** A name that there is may be told: it is no secret. */
function problemOf(name: string, isUnknown: boolean): ConfigProblem {
  return isUnknown
    ? { field, found: 'a name that there is not', expected: `names among ${[...places.keys()].join(', ')}` }
    : {
        field,
        found: `no state for ${name}`,
        expected: 'off, enforce, a percentage such as 25%, or shadow (not for methods)',
      }
}

function stateOf(text: string, name: string): string | { readonly enforcePercent: number } | null {
  if (text === 'shadow') return name.startsWith('method.') ? null : text
  if (text === 'off' || text === 'enforce') return text
  const [, percent] = /^(\d{1,3})%$/.exec(text) ?? []
  return percent === undefined || Number(percent) > 100 ? null : { enforcePercent: Number(percent) }
}

function withValue(config: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value
  const at: Readonly<Record<string, unknown>> = typeof config === 'object' && config !== null ? { ...config } : {}
  return { ...at, [key]: withValue(at[key], rest, value) }
}
