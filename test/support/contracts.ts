// The vendors' own OpenAPI documents, where somebody has put them: beside the project, or where VENDOR_CONTRACTS says.
// Without them the suites that need them report themselves skipped.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { projectRoot } from '../../tools/dev/project.ts'

const folder = resolve(process.env['VENDOR_CONTRACTS'] ?? join(projectRoot, '..', 'shared', 'contracts'))

type Json = Readonly<Record<string, unknown>>

export interface Contract {
  /** What is wrong with a request, by the document. Empty: nothing. */
  request(method: string, path: string, body: unknown): string[]
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

  const operation = (method: string, path: string): unknown => {
    const paths = Object.keys(at(document, 'paths') ?? {})
    const found = paths.find((one) =>
      new RegExp(`^${one.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
    )
    return found === undefined ? undefined : at(document, 'paths', found, method.toLowerCase())
  }

  return {
    request(method, path, body) {
      const content = at(operation(method, path), 'requestBody', 'content')
      if (!isRecord(content)) return [`${method} ${path} is not in the document`]
      return problems(at(Object.values(content)[0], 'schema'), body, 'request')
    },
    response(method, path, { status, body }) {
      const content = at(operation(method, path), 'responses', String(status), 'content')
      if (!isRecord(content)) return [`${method} ${path} answers no ${status}`]
      return problems(at(Object.values(content)[0], 'schema'), body, 'response')
    },
  }
}

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
