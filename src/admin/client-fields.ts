// What may be sent of a program that may ask for tokens, as the administrators' API spells it.
import { GatewayError } from '../errors.ts'
import { reject } from '../exchange.ts'
import { type ClientFields, clientFieldNames } from '../tokens/client-fields.ts'
import { type ClientRegistration, clientRegistration } from '../tokens/client-registration.ts'

const pairs = Object.entries(clientFieldNames)

/** By the rules of the command line, or 422 with a path and a reason each. */
export function registrationOf(fields: ClientFields): ClientRegistration {
  const unknown = Object.keys(fields).filter((spelling) => !Object.hasOwn(clientFieldNames, spelling))
  const given = pairs.flatMap(([spelling, name]) => (spelling in fields ? [[name, fields[spelling]] as const] : []))
  const parsed = clientRegistration.safeParse(Object.fromEntries(given))
  if (parsed.success && unknown.length === 0) return parsed.data
  const problems = parsed.success ? [] : parsed.error.issues
  throw new GatewayError({
    ...reject('invalid_input', 'client'),
    fields: [
      ...unknown.map(() => ({ path: '', reason: 'unknown field' })),
      ...problems.map(({ path: [first, ...rest], message }) => ({
        path: [spellingOf(first), ...rest].join('.'),
        reason: message,
      })),
    ],
  })
}

function spellingOf(name: PropertyKey | undefined): string {
  return pairs.find(([, known]) => known === name)?.[0] ?? ''
}
