// PORTCULLIS_FLAGS: switches of one environment over those of gateway.config.ts, such as
// `limit.login=shadow, lockout=off, method.magic-link=25%, risk=enforce@2027-01-31T08:00:00Z`. Each is put where the
// settings have it, and checked there.
import { loginMethodIds } from '../access/login-methods.ts'
import { limitRuleIds } from '../limits/rules.ts'
import { moment } from './flag-schema.ts'
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
        expected:
          'off, shadow (not for methods), enforce or a percentage such as 25%; of the last two also since when: enforce@2027-01-31T08:00:00Z',
      }
}

/** As gateway.config.ts would have it. */
type FlagText = string | { readonly enforcePercent: number; readonly since?: string }

function stateOf(text: string, name: string): FlagText | null {
  if (text === 'shadow') return name.startsWith('method.') ? null : text
  if (text === 'off' || text === 'enforce') return text
  const [, share = '', since] = /^([^@]*)(?:@(.*))?$/.exec(text) ?? []
  const percent = share === 'enforce' && since !== undefined ? '100' : /^(\d{1,3})%$/.exec(share)?.[1]
  if (percent === undefined || Number(percent) > 100) return null
  if (since === undefined) return { enforcePercent: Number(percent) }
  return moment.safeParse(since).success ? { enforcePercent: Number(percent), since } : null
}

function withValue(config: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value
  const at: Readonly<Record<string, unknown>> = typeof config === 'object' && config !== null ? { ...config } : {}
  return { ...at, [key]: withValue(at[key], rest, value) }
}
