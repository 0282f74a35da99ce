// What the owner of a site says of its own login, which people's first sign-in here may be tried against.

/** Names of members, from the answer inwards. */
export type AnswerPath = readonly string[]

/** All that is given has to hold. */
export interface OriginAccepts {
  readonly status: readonly number[]
  /** A header that is there, and contains this text if one is given. */
  readonly header: { readonly name: string; readonly contains: string | null } | null
  /** The name of a cookie that is set to something. */
  readonly cookie: string | null
  /** A member of the JSON answer: this value, or without one anything that is not empty, zero or false. */
  readonly field: { readonly path: AnswerPath; readonly equals: string | number | boolean | null } | null
}

export interface OriginLogin {
  readonly url: string
  readonly method: 'POST' | 'PUT' | 'GET'
  readonly send: 'form' | 'json' | 'basic'
  /** `{email}` and `{password}` stand for what was typed, in any text. */
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly accepts: OriginAccepts
  /** Where the answer says the person's name. */
  readonly name: AnswerPath | null
  readonly timeoutMs: number
  /** Whether the site has let nobody sign up with an address that is not theirs. */
  readonly addressesAreProven: boolean
  /** Also for people who are known here, by another way in, and have no password yet. */
  readonly forUsersWithoutPassword: boolean
}
