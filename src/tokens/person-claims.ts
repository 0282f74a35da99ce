// What a scope lets a client know of a person (OpenID Connect Core §5.4).
export interface Person {
  readonly userId: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
}

type Claims = Readonly<Record<string, unknown>>

const byScope: Readonly<Record<string, (person: Person) => Claims>> = {
  openid: () => ({}),
  profile: ({ name }) => (name === null ? {} : { name }),
  email: ({ email, emailVerified }) => ({ email, email_verified: emailVerified }),
  roles: ({ roles }) => ({ roles }),
}

export const knownScopes = Object.keys(byScope)
export const knownClaims = ['sub', 'name', 'email', 'email_verified', 'roles']

export function personClaims(person: Person, scopes: readonly string[]): Claims {
  return Object.assign({}, ...scopes.map((scope) => byScope[scope]?.(person) ?? {})) as Claims
}
