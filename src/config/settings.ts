// Turns gateway.config.ts and the environment into settings that cannot be half-configured, or into a list of what is wrong.
import type { Requirement } from '../access/rules.ts'
import { minuteMs } from '../kit/duration.ts'
import { type Result, fail, succeed } from '../kit/result.ts'
import { type Environment, environmentSchema, expectedValue } from './environment-schema.ts'
import { withFlags } from './flags.ts'
import { fromEnvironment } from './from-environment.ts'
import { type GatewayConfig, gatewaySchema } from './gateway-schema.ts'
import { bypassProblems } from './bypass-until.ts'
import { captchaProblems } from './captcha-keys.ts'
import { missingCredentials } from './vendor-credentials.ts'
import { type ConfigProblem, problemsOf } from './problems.ts'
import { writtenSecrets } from './shared-secret-issuer.ts'

export type OriginTarget =
  | { readonly kind: 'url'; readonly base: string }
  | { readonly kind: 'zone' }
  | { readonly kind: 'service'; readonly binding: string }

export interface OriginSettings {
  readonly id: string
  readonly target: OriginTarget
  readonly timeoutMs: number
}

export interface RouteSettings {
  readonly path: string
  readonly hosts: readonly string[]
  readonly methods: readonly string[]
  readonly requirement: Requirement
  readonly origin: string
  readonly timeoutMs: number
}

export interface Settings {
  readonly environment: Environment
  readonly config: GatewayConfig
  readonly origins: ReadonlyMap<string, OriginSettings>
  readonly routes: readonly RouteSettings[]
}

export function parseSettings(
  config: unknown,
  environment: Readonly<Record<string, unknown>>,
): Result<Settings, readonly ConfigProblem[]> {
  const missing: ConfigProblem[] = [...writtenSecrets(issuersOf(config))]
  const resolved = resolvedConfig(config, environment, missing)
  if (missing.length > 0) return fail(missing)
  const parsedConfig = gatewaySchema.safeParse(resolved)
  const parsedEnvironment = environmentSchema.safeParse(environment)
  const problems = [
    ...problemsOf(parsedConfig, 'gateway.config.ts', resolved),
    ...problemsOf(parsedEnvironment, 'environment', environment, expectedValue),
  ]
  if (!parsedConfig.success || !parsedEnvironment.success) return fail(problems)
  problems.push(...missingCredentials(parsedConfig.data, environment))
  const origins = resolveOrigins(parsedConfig.data, environment, problems)
  const routes = resolveRoutes(parsedConfig.data, origins, problems)
  problems.push(...captchaProblems(parsedConfig.data, parsedEnvironment.data))
  problems.push(...bypassProblems(parsedEnvironment.data.BYPASS_UNTIL, Date.now()))
  checkPasskeyDomain(parsedConfig.data.login.passkeyDomain, parsedEnvironment.data.PUBLIC_URL, problems)
  if (problems.length > 0) return fail(problems)
  return succeed({ environment: parsedEnvironment.data, config: parsedConfig.data, origins, routes })
}

function issuersOf(config: unknown): unknown {
  return typeof config === 'object' && config !== null && 'issuers' in config ? config.issuers : undefined
}

/** The part that says what happens to a request, without the secrets that a running gateway needs. */
export function parseSite(
  config: unknown,
  environment: Readonly<Record<string, unknown>>,
): Result<Pick<Settings, 'config' | 'routes'>, readonly ConfigProblem[]> {
  const problems: ConfigProblem[] = []
  const resolved = resolvedConfig(config, environment, problems)
  const parsed = gatewaySchema.safeParse(resolved)
  problems.push(...problemsOf(parsed, 'gateway.config.ts', resolved))
  if (!parsed.success || problems.length > 0) return fail(problems)
  const routes = resolveRoutes(parsed.data, resolveOrigins(parsed.data, environment, []), problems)
  return succeed({ config: parsed.data, routes })
}

function resolvedConfig(
  config: unknown,
  environment: Readonly<Record<string, unknown>>,
  problems: ConfigProblem[],
): unknown {
  const switched = withFlags(config, environment['PORTCULLIS_FLAGS'], problems)
  return withResolved(switched, (value) => fromEnvironment(value, environment, problems))
}

/** A browser refuses every passkey whose domain is not that of the page, or above it. */
function checkPasskeyDomain(domain: string | null, publicUrl: string, problems: ConfigProblem[]): void {
  const { hostname } = new URL(publicUrl)
  if (domain === null || hostname === domain || hostname.endsWith(`.${domain}`)) return
  const expected = `the host of PUBLIC_URL, ${hostname}, or a domain above it`
  problems.push({ field: 'gateway.config.ts: login.passkeyDomain', found: 'another domain', expected })
}

/** The schema says what is wrong with settings that are no object. */
function withResolved(config: unknown, resolve: (value: unknown) => unknown): unknown {
  if (typeof config !== 'object' || config === null) return config
  return {
    ...config,
    ...('issuers' in config ? { issuers: resolve(config.issuers) } : {}),
    ...('login' in config ? { login: resolve(config.login) } : {}),
  }
}

function resolveOrigins(
  config: GatewayConfig,
  environment: Readonly<Record<string, unknown>>,
  problems: ConfigProblem[],
): Map<string, OriginSettings> {
  const origins = new Map<string, OriginSettings>()
  config.origins.forEach((origin, index) => {
    const field = `gateway.config.ts: origins[${index}]`
    if (origins.has(origin.id))
      problems.push({ field: `${field}.id`, found: 'a repeated id', expected: 'an id of its own' })
    if ('zone' in origin)
      origins.set(origin.id, { id: origin.id, target: { kind: 'zone' }, timeoutMs: origin.timeoutMs })
    else if ('service' in origin) {
      if (!isService(environment[origin.service])) {
        problems.push({
          field: `${field}.service`,
          found: 'no such binding',
          expected: 'a service binding of wrangler.toml',
        })
      }
      origins.set(origin.id, {
        id: origin.id,
        target: { kind: 'service', binding: origin.service },
        timeoutMs: origin.timeoutMs,
      })
    } else {
      const url = typeof origin.url === 'string' ? origin.url : environment[origin.url.env]
      const named = typeof origin.url === 'string' ? `${field}.url` : `environment: ${origin.url.env}`
      const base = originBase(url)
      if (base === null) {
        problems.push({
          field: named,
          found: typeof url,
          expected: 'an http or https URL without path, such as "https://app.internal"',
        })
      } else origins.set(origin.id, { id: origin.id, target: { kind: 'url', base }, timeoutMs: origin.timeoutMs })
    }
  })
  return origins
}

function originBase(url: unknown): string | null {
  if (typeof url !== 'string' || !URL.canParse(url)) return null
  const parsed = new URL(url)
  if (!/^https?:$/.test(parsed.protocol) || parsed.pathname !== '/' || parsed.search || parsed.hash || parsed.username)
    return null
  return parsed.origin
}

function isService(binding: unknown): boolean {
  return typeof binding === 'object' && binding !== null && 'fetch' in binding
}

function resolveRoutes(
  config: GatewayConfig,
  origins: ReadonlyMap<string, OriginSettings>,
  problems: ConfigProblem[],
): readonly RouteSettings[] {
  const defaultOrigin = config.origins[0]?.id ?? ''
  return config.routes.map((route, index) => {
    const origin = route.origin ?? defaultOrigin
    if (route.origin !== undefined && !origins.has(origin)) {
      const expected = `one of ${[...origins.keys()].join(', ')}`
      problems.push({ field: `gateway.config.ts: routes[${index}].origin`, found: 'an unknown id', expected })
    }
    return {
      path: route.path,
      hosts: route.hosts,
      methods: route.methods,
      requirement: requirementOf(route.require),
      origin,
      timeoutMs: route.timeoutMs ?? origins.get(origin)?.timeoutMs ?? 30_000,
    }
  })
}

function requirementOf(require: GatewayConfig['routes'][number]['require']): RouteSettings['requirement'] {
  if (require === 'public') return { kind: 'public' }
  if (require === 'signed-in') return { kind: 'signed-in', roles: [], aal: 1, recentMs: null }
  const { roles, aal, recentMinutes } = require
  return { kind: 'signed-in', roles, aal, recentMs: recentMinutes === null ? null : recentMinutes * minuteMs }
}
