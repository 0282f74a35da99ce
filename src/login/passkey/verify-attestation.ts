// Judges a new passkey (WebAuthn Level 3 §7.1). Which make of authenticator it is, nobody asks: what would prove it, a chain
// of certificates, is refused unread.
import { verifyRegistrationResponse } from '@simplewebauthn/server'
import { decodeAttestationObject, decodeCredentialPublicKey, isoUint8Array } from '@simplewebauthn/server/helpers'
import { fromBase64Url, toBase64Url } from '../../kit/base64url.ts'
import { isFramed, readClientData } from './client-data.ts'
import type { Attestation } from './fields.ts'
import { algorithms, isSoundKey } from './public-key.ts'
import type { PasskeySite } from './site.ts'

export interface CreatedPasskey {
  readonly credentialId: string
  readonly publicKey: string
  readonly counter: number
  readonly isBackupEligible: boolean
  readonly isBackedUp: boolean
  readonly aaguid: string | null
}

const noMake = '00000000-0000-0000-0000-000000000000'
/** The standard's own bound on a credential id is 1023; a key of 4096 bits is the largest that is accepted. */
const longestKey = 1024

/** Null for whatever is not what was asked for: the reason is the client's to guess. */
export async function verifyAttestation(site: PasskeySite, attestation: Attestation): Promise<CreatedPasskey | null> {
  const { id, rawId, type, response } = attestation
  const { clientDataJSON, attestationObject } = response
  const client = readClientData(clientDataJSON)
  const bytes = fromBase64Url(attestationObject)
  // The library does not look at who framed the page.
  if (client === null || bytes === null || isFramed(client)) return null
  try {
    if (hasCertificates(bytes)) return null
    const { verified, registrationInfo: info } = await verifyRegistrationResponse({
      response: { id, rawId, type, response: { clientDataJSON, attestationObject }, clientExtensionResults: {} },
      // Known to be ours: it was spent by it.
      expectedChallenge: client.challenge,
      expectedOrigin: site.origin,
      expectedRPID: site.domain,
      requireUserVerification: false,
      supportedAlgorithmIDs: [...algorithms],
    })
    return verified ? createdOf(id, info) : null
  } catch {
    // The library says no by throwing, whatever is wrong.
    return null
  }
}

/** A statement that names no certificate: none, or the passkey's own signature, which browsers may leave in place. */
function hasCertificates(attestationObject: Uint8Array<ArrayBuffer>): boolean {
  const decoded = decodeAttestationObject(attestationObject)
  const format = decoded.get('fmt')
  const statement = decoded.get('attStmt')
  if (format === 'none') return false
  return format !== 'packed' || statement.get('x5c') !== undefined
}

type Info = Extract<Awaited<ReturnType<typeof verifyRegistrationResponse>>, { verified: true }>['registrationInfo']

function createdOf(id: string, info: Info): CreatedPasskey | null {
  const { credential, aaguid, credentialDeviceType, credentialBackedUp } = info
  const { publicKey, counter } = credential
  // The id beside it is not part of what the authenticator made.
  if (!isSame(id, credential.id) || publicKey.length > longestKey) return null
  if (!isSoundKey(decodeCredentialPublicKey(publicKey))) return null
  return {
    credentialId: credential.id,
    publicKey: toBase64Url(publicKey),
    counter,
    isBackupEligible: credentialDeviceType === 'multiDevice',
    isBackedUp: credentialBackedUp,
    aaguid: aaguid === noMake ? null : aaguid,
  }
}

function isSame(id: string, made: string): boolean {
  const [left, right] = [fromBase64Url(id), fromBase64Url(made)]
  return left !== null && right !== null && right.length >= 16 && isoUint8Array.areEqual(left, right)
}
