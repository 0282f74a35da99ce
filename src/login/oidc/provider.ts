// What the owner of a site says of an identity provider that people may sign in with. Everything an answer is measured by
// stands here or in the provider's discovery document; nothing of it is taken from an answer.
import type { Result } from '../../kit/result.ts'
import type { Asking } from '../../tokens/key-sets.ts'
import type { TrustedIssuer } from '../../tokens/trusted-issuer.ts'

export interface OidcEndpoints {
  readonly authorization: string
  readonly token: string
  /** Asked for what an ID token does not say. Null: there is none. */
  readonly userinfo: string | null
  /** Whether answers always name their issuer (RFC 9207 §3): then one that does not is somebody else's. */
  readonly namesIssuer: boolean
}

interface ProviderBase {
  /** Part of the addresses that are registered at the provider. */
  readonly id: string
  /** On the button. */
  readonly name: string
  /** What its people are known by here begins with it. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string | null
  /** What happens when somebody comes whom nobody here knows; null: as `login.signUp` says. */
  readonly unknownUsers: 'create' | 'refuse' | null
}

export interface OidcProvider extends ProviderBase {
  readonly kind: 'oidc'
  /** How ID tokens are measured: the same rules as for bearer tokens, for our client id as the only audience. */
  readonly rules: TrustedIssuer
  /** Null: as the discovery document says. */
  readonly endpoints: OidcEndpoints | null
  readonly scopes: readonly string[]
  readonly tokenAuth: 'basic' | 'post' | 'none'
  /** Further parameters of the way there, such as Google's `hd`. */
  readonly hints: Readonly<Record<string, string>>
}

/** OAuth without ID tokens: who somebody is stands in the answers of an API. */
export interface GithubProvider extends ProviderBase {
  readonly kind: 'github'
  readonly api: string
}

export type IdentityProvider = OidcProvider | GithubProvider

/** What an attempt knows and an answer has to fit. */
export interface AttemptFacts {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly redirectUri: string
  /** The person has to prove who they are now, whatever session they have at the provider. */
  readonly isFresh: boolean
  readonly startedAtMs: number
}

/** Who came, as the provider vouches for it. */
export interface ProvenIdentity {
  /** `issuer#subject`. */
  readonly identity: string
  /** Theirs, and the provider says so and is in a position to know. */
  readonly verifiedEmail: string | null
  readonly name: string | null
}

/** One of a fixed list or a claim's fault, so that it can be recorded: no part of an answer is in it. */
export interface ProviderFault {
  readonly reason: string
}

/** A provider as sign-ins use it. */
export interface ProviderClient {
  readonly provider: IdentityProvider
  /** Where to send the person. */
  authorizationUrl(attempt: AttemptFacts): Promise<Result<string, ProviderFault>>
  /** What the callback's parameters say of their sender, before the code is looked at; null: nothing against them. */
  faultInCallback(query: URLSearchParams): Promise<string | null>
  /** Redeems a code and says who came. */
  identify(code: string, attempt: AttemptFacts, asking: Asking): Promise<Result<ProvenIdentity, ProviderFault>>
}
