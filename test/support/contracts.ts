// The vendors' own OpenAPI documents, where somebody has put them: beside the project, or where VENDOR_CONTRACTS says.
// Without them the suites that need them report themselves skipped.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { projectRoot } from '../../tools/dev/project.ts'

const folder = resolve(process.env['VENDOR_CONTRACTS'] ?? join(projectRoot, '..', 'shared', 'contracts'))

type Json = Readonly<Record<string, unknown>>

export interface SaidRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface Contract {
  /** What is wrong with a request, by the document: its path, query, headers, credentials and body. Empty: nothing. */
  request(said: SaidRequest): string[]
  response(method: string, path: string, answer: { readonly status: number; readonly body: unknown }): string[]
}

export function readContract(name: string): Contract | null {
  const file = join(folder, `${name}.openapi.json`)
  return existsSync(file) ? contractOf(JSON.parse(readFileSync(file, 'utf8')) as Json) : null
}

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value)

function contractOf(document: Json): Contract {
  const resolved = (schema: unknown): Json => {
    if (!isRecord(schema)) return {}
    const reference = schema['$ref']
    if (typeof reference !== 'string') return schema
    return resolved(at(document, ...reference.replace(/^#\//, '').split('/')))
  }

  /** The part of JSON Schema that these documents use; a field that the document does not know is a mistake too. */
  function problems(given: unknown, value: unknown, where: string): string[] {
    const schema = resolved(given)
    if (value === null)
      return schema['nullable'] === true || [schema['type']].flat().includes('null') ? [] : [`${where} is null`]
    for (const kind of ['oneOf', 'anyOf'] as const) {
      const branches = schema[kind]
      if (!Array.isArray(branches)) continue
      const found = branches.map((branch) => problems(branch, value, where))
      return found.find((list) => list.length === 0) ?? found.flat()
    }
    return [...ofType(schema, value, where), ...ofText(schema, value, where), ...ofParts(schema, value, where)]
  }

  function ofParts(schema: Json, value: unknown, where: string): string[] {
    if (Array.isArray(value))
      return value.flatMap((item, index) => problems(schema['items'], item, `${where}[${index}]`))
    const properties = schema['properties']
    if (!isRecord(value) || !isRecord(properties)) return []
    const required = Array.isArray(schema['required']) ? schema['required'].map(String) : []
    const missing = required.filter((name) => !(name in value)).map((name) => `${where}.${name} is missing`)
    const inner = Object.entries(value).flatMap(([name, one]) =>
      name in properties
        ? problems(properties[name], one, `${where}.${name}`)
        : [`${where}.${name} is not in the document`],
    )
    return [...missing, ...inner]
  }

  interface Operation {
    readonly operation: unknown
    /** Those of the path and the operation's own. */
    readonly parameters: readonly Json[]
    readonly inPath: Readonly<Record<string, string>>
  }

  const operationOf = (method: string, pathname: string): Operation | null => {
    for (const one of Object.keys(at(document, 'paths') ?? {})) {
      const pattern = one.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')
      const match = new RegExp(`^${pattern}$`).exec(pathname)
      const found = at(document, 'paths', one)
      const operation = at(found, method.toLowerCase())
      if (match === null || operation === undefined) continue
      const parameters = [at(found, 'parameters'), at(operation, 'parameters')].flatMap((list) =>
        Array.isArray(list) ? list.map(resolved) : [],
      )
      return { operation, parameters, inPath: { ...match.groups } }
    }
    return null
  }

  function ofParameters({ parameters, inPath }: Operation, query: URLSearchParams, headers: SaidRequest['headers']) {
    const found = parameters.flatMap((parameter) => {
      const [name, place] = [String(parameter['name']), String(parameter['in'])]
      const value = place === 'path' ? inPath[name] : place === 'query' ? query.get(name) : headers[name.toLowerCase()]
      if (value !== undefined && value !== null) return problems(parameter['schema'], value, `${place} ${name}`)
      return parameter['required'] === true ? [`${place} ${name} is missing`] : []
    })
    const known = parameters.filter((parameter) => parameter['in'] === 'query').map(({ name }) => name)
    const unknown = [...query.keys()].filter((name) => !known.includes(name))
    return [...found, ...unknown.map((name) => `query ${name} is not in the document`)]
  }

  /** One of the ways to say who asks that the document names. */
  function ofCredentials(operation: unknown, { authorization = '' }: SaidRequest['headers']): string[] {
    const ways = at(operation, 'security') ?? document['security']
    const schemes = (Array.isArray(ways) ? ways : [])
      .flatMap((way: unknown) => Object.keys(isRecord(way) ? way : {}))
      .map((name) => String(at(document, 'components', 'securitySchemes', name, 'scheme')))
    const isSaid = schemes.some((scheme) => credentials[scheme]?.test(authorization) === true)
    return schemes.length === 0 || isSaid ? [] : [`authorization is not ${schemes.join(' or ')}`]
  }

  const pathnameOf = (path: string): string => path.split('?')[0] ?? path

  return {
    request({ method, path, headers, body }) {
      const found = operationOf(method, pathnameOf(path))
      const content = at(found?.operation, 'requestBody', 'content')
      if (found === null || !isRecord(content)) return [`${method} ${path} is not in the document`]
      const query = new URLSearchParams(path.split('?')[1])
      return [
        ...ofParameters(found, query, headers),
        ...ofCredentials(found.operation, headers),
        ...problems(at(Object.values(content)[0], 'schema'), body, 'request'),
      ]
    },
    response(method, path, { status, body }) {
      const content = at(operationOf(method, pathnameOf(path))?.operation, 'responses', String(status), 'content')
      if (!isRecord(content)) return [`${method} ${path} answers no ${status}`]
      return problems(at(Object.values(content)[0], 'schema'), body, 'response')
    },
  }
}

const credentials: Readonly<Record<string, RegExp>> = { bearer: /^Bearer \S+$/, basic: /^Basic [\w+/]+={0,2}$/ }

const tests: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value) || (typeof value === 'string' && /^-?\d+$/.test(value)),
  number: (value) => typeof value === 'number' || (typeof value === 'string' && Number.isFinite(Number(value))),
  boolean: (value) => typeof value === 'boolean' || value === 'true' || value === 'false',
  object: isRecord,
  array: Array.isArray,
}

/** In a form everything is text. */
function ofType(schema: Json, value: unknown, where: string): string[] {
  const types = [schema['type']].flat().filter((type) => typeof type === 'string')
  if (types.length === 0 || types.some((type) => tests[type]?.(value) === true)) return []
  return [`${where} is not ${types.join(' or ')}`]
}

function ofText(schema: Json, value: unknown, where: string): string[] {
  if (typeof value !== 'string') return []
  const { minLength, maxLength, pattern, enum: choices } = schema
  return [
    typeof minLength === 'number' && value.length < minLength ? 'too short' : '',
    typeof maxLength === 'number' && value.length > maxLength ? 'too long' : '',
    typeof pattern === 'string' && !new RegExp(pattern).test(value) ? 'not of its pattern' : '',
    Array.isArray(choices) && !choices.includes(value) ? 'none of its choices' : '',
  ]
    .filter((problem) => problem !== '')
    .map((problem) => `${where} is ${problem}`)
}
