// What an authenticator is asked when it is to make a passkey: one that it can offer by itself, of a kind that is understood
// here, and no second one on the same device.
import type { AskedChallenge } from './challenge.ts'
import { challengeLifetimeMs } from './challenge.ts'
import { algorithms } from './public-key.ts'
import type { PasskeySite } from './site.ts'

/** The JSON form of what `navigator.credentials.create` takes (§5.1.9). */
export interface CreationOptions {
  readonly challenge_id: string
  readonly challenge: string
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[]
  readonly timeout: number
  readonly excludeCredentials: readonly {
    readonly id: string
    readonly type: 'public-key'
    readonly transports: readonly string[]
  }[]
  readonly authenticatorSelection: {
    readonly residentKey: 'required'
    readonly requireResidentKey: true
    readonly userVerification: 'preferred'
  }
  readonly attestation: 'none'
}

export function creationOptions(
  site: PasskeySite,
  facts: {
    readonly question: AskedChallenge
    readonly user: CreationOptions['user']
    readonly siteName: string
  },
): CreationOptions {
  const { question, user, siteName } = facts
  return {
    challenge_id: question.id,
    challenge: question.challenge,
    rp: { id: site.domain, name: siteName },
    user,
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: challengeLifetimeMs,
    excludeCredentials: question.allowed.map(({ credentialId, transports }) => ({
      id: credentialId,
      type: 'public-key',
      transports,
    })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'preferred' },
    attestation: 'none',
  }
}
