// What would happen to a request, by the settings of this folder: the same code that decides in the worker.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileRoutes } from '../../src/access/rules.ts'
import { limitRulesOf, reservedOf } from '../../src/config/compiled.ts'
import { parseSite } from '../../src/config/settings.ts'
import { type Explanation, explain } from '../../src/explain.ts'
import { minuteMs } from '../../src/kit/duration.ts'
import { inProject } from '../dev/project.ts'

export type Question = {
  method: string
  url: string
  /** Null for nobody. */
  roles: readonly string[] | null
  aal: 1 | 2
  /** How many minutes ago they proved who they are; null: nobody says. */
  provenMinutesAgo: number | null
  headers: readonly string[]
}

export const explainRequest = async (question: Question): Promise<Explanation> => {
  const file = resolve(process.env['PORTCULLIS_CONFIG'] ?? inProject('gateway.config.ts'))
  const { default: config } = (await import(pathToFileURL(file).href)) as { default: unknown }
  const parsed = parseSite(config, environment)
  if (!parsed.ok) {
    const problems = parsed.problem.map(
      ({ field, found, expected }) => `${field}: found ${found}; expected ${expected}`,
    )
    throw new Error(`The settings are wrong.\n${problems.join('\n')}`)
  }
  const site = parsed.value
  const parts = {
    routes: compileRoutes(site.routes),
    rules: limitRulesOf(site.config),
    reserved: reservedOf(site.config),
    basePath: site.config.basePath,
  }
  const { roles, aal, provenMinutesAgo, method, url } = question
  const atMs = Date.now()
  const provenAtMs = provenMinutesAgo === null ? null : atMs - provenMinutesAgo * minuteMs
  const principal = roles === null ? null : { roles, aal, provenAtMs }
  return explain(parts, { method: method.toUpperCase(), url, headers: headersOf(question.headers), principal, atMs })
}

/** What a setting leaves to an environment that is not here changes nothing about who may do what. */
const environment: Readonly<Record<string, unknown>> = new Proxy(process.env, {
  get: (given, name) => given[String(name)] ?? (name === 'PORTCULLIS_FLAGS' ? undefined : 'https://elsewhere.invalid'),
})

const headersOf = (lines: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      if (colon < 1) throw new Error(`A header is "name: value", not "${line}".`)
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )

export const explanationText = (found: Explanation): string => {
  const { decision, code, reason, target, rule, limits, removed_headers: removed } = found
  const require = rule === null ? '' : JSON.stringify(rule.require)
  return [
    `decision  ${decision}${code === null ? '' : ` (${code})`}: ${reason}`,
    `target    ${target === null ? 'refused' : `${target.host}${target.path}${target.search}`}`,
    `rule      ${rule === null ? 'none' : `${rule.path} requires ${require}`}`,
    ...limits.map(
      ({ id, counts, limit, window_s: windowS, response, state }) =>
        `limit     ${id}: ${limit} in ${windowS} s for each ${counts}, then ${response}, ${JSON.stringify(state)}`,
    ),
    ...(removed.length === 0 ? [] : [`removed   ${removed.join(', ')}`]),
  ].join('\n')
}
