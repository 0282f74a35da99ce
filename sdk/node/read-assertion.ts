import { NotVerified } from './not-verified.ts'

/** The request header in which the gateway hands an assertion to the origin. */
export const ASSERTION_HEADER = 'x-portcullis-assertion'

/** The part of the fetch `Headers` class that is used, so that any implementation of it will do. */
export interface FetchHeaders {
  get(name: string): string | null
}

/** Node's `IncomingHttpHeaders`, or any record shaped like it. */
export type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>

export type RequestHeaders = FetchHeaders | HeaderRecord

const isFetchHeaders = (headers: RequestHeaders): headers is FetchHeaders => typeof headers.get === 'function'

const valuesOf = (headers: RequestHeaders): readonly string[] => {
  if (isFetchHeaders(headers)) {
    const value = headers.get(ASSERTION_HEADER)
    return value === null ? [] : [value]
  }
  // Node lower-cases names, other runtimes' records may not. Looking up one spelling would let a second pass unseen.
  return Object.entries(headers)
    .filter(([name]) => name.toLowerCase() === ASSERTION_HEADER)
    .flatMap(([, value]) => value ?? [])
}

/**
 * The one assertion of a request, undecoded.
 *
 * Throws `NotVerified`: `missing`, or `duplicate`. Two assertions are refused rather than one of them chosen, since the
 * origin and whatever stands before it could choose differently.
 */
export const readAssertion = (headers: RequestHeaders): string => {
  const values = valuesOf(headers)
  // Node and fetch join repeated fields with a comma (RFC 9110 §5.3), which no compact JWS contains (RFC 7515 §3.1).
  if (values.length > 1 || values.some((value) => value.includes(','))) throw new NotVerified('duplicate')
  const token = values[0]?.trim()
  if (token === undefined || token === '') throw new NotVerified('missing')
  return token
}
