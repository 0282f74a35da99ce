// Judges what an authenticator signed (WebAuthn Level 3 §7.2), for a passkey that is known and for one that is not alike.
import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import { isoUint8Array, parseAuthenticatorData } from '@simplewebauthn/server/helpers'
import { createHash } from 'node:crypto'
import { fromBase64Url } from '../../kit/base64url.ts'
import { isFramed, readClientData } from './client-data.ts'
import type { Assertion } from './fields.ts'
import type { PasskeySite } from './site.ts'

export interface SignedFacts {
  readonly counter: number
  /** Whether the authenticator asked its owner for a finger, a face or a number, and not only for a touch. */
  readonly isVerified: boolean
  readonly isBackupEligible: boolean
  readonly isBackedUp: boolean
}

/**
 * `malformed` is found without the key. `unsigned` says both that there is no such passkey and that its key did not sign
 * this: whoever is answered must not learn which.
 */
export type AssertionVerdict =
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'signed'; readonly facts: SignedFacts }

/** Of a key whose other half nobody has: a passkey that is not known takes as long to judge as one that is. */
const nobodysKey =
  'pQECAyYgASFYIKonwNKskXgGeAE7kVCnnix6XaoZpqhS-t_wfiC_hhJ7IlggBqd4NuLegIkZZ8le9aSZKAEqADkZ7bhPu_O249LQ1DQ'

export async function verifyAssertion(
  site: PasskeySite,
  assertion: Assertion,
  publicKey: string | null,
): Promise<AssertionVerdict> {
  const read = readAnswer(site, assertion)
  if (read.kind === 'malformed') return read
  const isSigned = await isSignedBy(site, { assertion, challenge: read.challenge, key: publicKey ?? nobodysKey })
  return isSigned && publicKey !== null ? { kind: 'signed', facts: read.facts } : { kind: 'unsigned' }
}

type Answer = { readonly kind: 'read'; readonly facts: SignedFacts; readonly challenge: string }

/** Everything that can be wrong whoever signed. That the challenge was ours is known: it was spent by it. */
function readAnswer(site: PasskeySite, assertion: Assertion): Answer | (AssertionVerdict & { kind: 'malformed' }) {
  const malformed = (reason: string) => ({ kind: 'malformed', reason }) as const
  const client = readClientData(assertion.response.clientDataJSON)
  if (client === null || assertion.id !== assertion.rawId) return malformed('client data')
  if (client.type !== 'webauthn.get') return malformed('type')
  if (client.origin !== site.origin) return malformed('origin')
  if (isFramed(client)) return malformed('framed')
  const facts = readFacts(site, assertion.response.authenticatorData)
  return typeof facts === 'string' ? malformed(facts) : { kind: 'read', facts, challenge: client.challenge }
}

function readFacts(site: PasskeySite, encoded: string): SignedFacts | string {
  const data = parsed(encoded)
  if (data === null) return 'authenticator data'
  if (!isoUint8Array.areEqual(data.rpIdHash, domainHash(site))) return 'domain'
  const { up, uv, be, bs } = data.flags
  if (!up) return 'nobody was there'
  // Cannot be: what is backed up can be backed up (§6.1.3).
  if (bs && !be) return 'backup flags'
  return { counter: data.counter, isVerified: uv, isBackupEligible: be, isBackedUp: bs }
}

function parsed(encoded: string): ReturnType<typeof parseAuthenticatorData> | null {
  const bytes = fromBase64Url(encoded)
  if (bytes === null) return null
  try {
    return parseAuthenticatorData(bytes)
  } catch {
    // Too short, too long, or not CBOR: the library says it by throwing.
    return null
  }
}

export function domainHash({ domain }: PasskeySite): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(domain).digest())
}

interface Signed {
  readonly assertion: Assertion
  readonly challenge: string
  readonly key: string
}

async function isSignedBy(site: PasskeySite, { assertion, challenge, key }: Signed): Promise<boolean> {
  const { id, rawId, type, response } = assertion
  const { clientDataJSON, authenticatorData, signature } = response
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId,
        type,
        response: { clientDataJSON, authenticatorData, signature },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: site.domain,
      // Compared by the caller, after the signature: the library would throw for it as for anything else.
      credential: { id, publicKey: fromBase64Url(key) ?? new Uint8Array(), counter: 0 },
      requireUserVerification: false,
    })
    return verified
  } catch {
    // A signature in another form than the key's, or a key that is none.
    return false
  }
}
