// Between what a server sends and what a browser takes, for browsers that cannot do it themselves.

/** What the start of a sign-in or of an enrolment answers: options in their JSON form, and what they are called here. */
export interface Question extends PublicKeyCredentialRequestOptionsJSON, PublicKeyCredentialCreationOptionsJSON {
  readonly challenge_id: string
}

const toBytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0))

const toText = (bytes: ArrayBuffer | null): string | null =>
  bytes &&
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=/g, '')

const described = (list: readonly PublicKeyCredentialDescriptorJSON[] = []): PublicKeyCredentialDescriptor[] =>
  list.map(({ id, transports = [] }) => ({
    id: toBytes(id),
    type: 'public-key',
    transports: transports as AuthenticatorTransport[],
  }))

/** Both are in browsers since 2023 to 2025; the other way is for those before. */
export const requestOf = (question: Question): PublicKeyCredentialRequestOptions =>
  PublicKeyCredential.parseRequestOptionsFromJSON?.(question) ?? {
    challenge: toBytes(question.challenge),
    rpId: question.rpId ?? '',
    userVerification: question.userVerification as UserVerificationRequirement,
    allowCredentials: described(question.allowCredentials),
  }

export const creationOf = (question: Question): PublicKeyCredentialCreationOptions =>
  PublicKeyCredential.parseCreationOptionsFromJSON?.(question) ?? {
    challenge: toBytes(question.challenge),
    rp: question.rp,
    user: { ...question.user, id: toBytes(question.user.id) },
    pubKeyCredParams: question.pubKeyCredParams,
    excludeCredentials: described(question.excludeCredentials),
    authenticatorSelection: question.authenticatorSelection ?? {},
  }

export function jsonOf(credential: PublicKeyCredential): unknown {
  if ('toJSON' in credential) return credential.toJSON()
  const { id, type, response } = credential as PublicKeyCredential & {
    response: Partial<AuthenticatorAssertionResponse & AuthenticatorAttestationResponse>
  }
  const clientDataJSON = toText(response.clientDataJSON ?? null)
  const made = response.attestationObject
  const answer =
    made === undefined
      ? {
          authenticatorData: toText(response.authenticatorData ?? null),
          signature: toText(response.signature ?? null),
          userHandle: toText(response.userHandle ?? null),
        }
      : { attestationObject: toText(made), transports: response.getTransports?.() ?? [] }
  return { id, rawId: id, type, response: { clientDataJSON, ...answer } }
}
