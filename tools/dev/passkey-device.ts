// An authenticator in software: what a device with passkeys does (WebAuthn Level 3 §6), and what a hostile one could.
import { type KeyObject, createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { type Cbor, cbor } from './cbor.ts'

export type Algorithm = 'ES256' | 'EdDSA' | 'RS256'

export interface KeyPair {
  readonly algorithm: Algorithm
  readonly secret: KeyObject
  readonly cose: ReadonlyMap<number, Cbor>
}

/** One passkey and how its device behaves. */
export interface Passkey {
  readonly id: Buffer
  readonly key: KeyPair
  readonly origin: string
  handle: string | null
  counter: number
  readonly counts: boolean
  verifies: boolean
  readonly isBackupEligible: boolean
}

export interface Question {
  readonly challenge_id: string
  readonly challenge: string
  readonly rpId?: string
  readonly rp?: { readonly id: string }
  readonly user?: { readonly id: string }
  readonly userVerification?: string
  readonly allowCredentials?: readonly { readonly id: string; readonly transports: readonly string[] }[]
  readonly excludeCredentials?: readonly { readonly id: string }[]
}

/** What a hostile authenticator or a page in between may say instead. */
export interface Lies {
  readonly client?: Readonly<Record<string, unknown>>
  /** The text itself, where an object cannot say it. */
  readonly clientText?: (text: string) => string
  readonly domain?: string
  readonly flags?: (flags: number) => number
  readonly counter?: number
  readonly data?: (data: Buffer) => Buffer
  readonly id?: Buffer
  readonly handle?: string | null
  readonly signer?: KeyPair
  readonly signature?: (signature: Buffer) => Buffer
  readonly cose?: ReadonlyMap<number | string, Cbor>
  readonly format?: string
  readonly statement?: ReadonlyMap<string, Cbor>
  /** A statement that the new key makes about itself. */
  readonly isSelfSigned?: boolean
  readonly object?: (object: Buffer) => Buffer
  readonly credential?: Readonly<Record<string, unknown>>
}

export const flag = { present: 1, verified: 4, backupEligible: 8, backedUp: 16, attested: 64, extended: 128 } as const

const fromText = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url')

export function newKeyPair(algorithm: Algorithm = 'ES256', bits = 2048): KeyPair {
  if (algorithm === 'ES256') {
    const { privateKey: secret, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x, y } = publicKey.export({ format: 'jwk' })
    return {
      algorithm,
      secret,
      cose: new Map<number, Cbor>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, fromText(x)],
        [-3, fromText(y)],
      ]),
    }
  }
  if (algorithm === 'EdDSA') {
    const { privateKey: secret, publicKey } = generateKeyPairSync('ed25519')
    const { x } = publicKey.export({ format: 'jwk' })
    return {
      algorithm,
      secret,
      cose: new Map<number, Cbor>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, fromText(x)],
      ]),
    }
  }
  const { privateKey: secret, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  const { n, e } = publicKey.export({ format: 'jwk' })
  return {
    algorithm,
    secret,
    cose: new Map<number, Cbor>([
      [1, 3],
      [3, -257],
      [-1, fromText(n)],
      [-2, fromText(e)],
    ]),
  }
}

export function newPasskey(
  origin: string,
  options: Partial<Pick<Passkey, 'counts' | 'verifies' | 'isBackupEligible'>> & { readonly algorithm?: Algorithm } = {},
): Passkey {
  const { algorithm = 'ES256', counts = false, verifies = true, isBackupEligible = true } = options
  const key = newKeyPair(algorithm)
  return { id: randomBytes(20), key, origin, handle: null, counter: 0, counts, verifies, isBackupEligible }
}

function clientData(passkey: Passkey, type: string, { challenge }: Question, lies: Lies): Buffer {
  const said = { type, challenge, origin: passkey.origin, crossOrigin: false, ...lies.client }
  const text = JSON.stringify(said)
  return Buffer.from(lies.clientText?.(text) ?? text)
}

function authenticatorData(passkey: Passkey, domain: string, more: number, lies: Lies): Buffer {
  const flags =
    flag.present |
    (passkey.verifies ? flag.verified : 0) |
    (passkey.isBackupEligible ? flag.backupEligible | flag.backedUp : 0) |
    more
  const rest = Buffer.alloc(5)
  rest[0] = lies.flags?.(flags) ?? flags
  if (passkey.counts) passkey.counter += 1
  rest.writeUInt32BE(lies.counter ?? passkey.counter, 1)
  return Buffer.concat([
    createHash('sha256')
      .update(lies.domain ?? domain)
      .digest(),
    rest,
  ])
}

function signatureOf({ algorithm, secret }: KeyPair, data: Buffer, client: Buffer): Buffer {
  const signed = Buffer.concat([data, createHash('sha256').update(client).digest()])
  return sign(algorithm === 'EdDSA' ? null : 'sha256', signed, secret)
}

function selfSigned({ key }: Passkey, data: Buffer, client: Buffer): ReadonlyMap<string, Cbor> {
  return new Map<string, Cbor>([
    ['alg', Number(key.cose.get(3))],
    ['sig', signatureOf(key, data, client)],
  ])
}

/** Answers `navigator.credentials.create`. */
export function createAnswer(passkey: Passkey, question: Question, lies: Lies = {}): Record<string, unknown> {
  passkey.handle = question.user?.id ?? null
  const id = lies.id ?? passkey.id
  const length = Buffer.alloc(2)
  length.writeUInt16BE(id.length)
  const made = Buffer.concat([Buffer.alloc(16), length, id, cbor(lies.cose ?? passkey.key.cose)])
  const plain = Buffer.concat([authenticatorData(passkey, question.rp?.id ?? '', flag.attested, lies), made])
  const authData = lies.data?.(plain) ?? plain
  const client = clientData(passkey, 'webauthn.create', question, lies)
  const own = lies.isSelfSigned === true ? selfSigned(passkey, authData, client) : null
  const object = cbor(
    new Map<string, Cbor>([
      ['fmt', lies.format ?? (own === null ? 'none' : 'packed')],
      ['attStmt', lies.statement ?? own ?? new Map()],
      ['authData', authData],
    ]),
  )
  return {
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    authenticatorAttachment: 'platform',
    clientExtensionResults: { credProps: { rk: true } },
    ...lies.credential,
    response: {
      clientDataJSON: client.toString('base64url'),
      attestationObject: (lies.object?.(object) ?? object).toString('base64url'),
      transports: ['internal', 'hybrid'],
      publicKeyAlgorithm: -7,
    },
  }
}

/** Answers `navigator.credentials.get`. */
export function getAnswer(passkey: Passkey, question: Question, lies: Lies = {}): Record<string, unknown> {
  const client = clientData(passkey, 'webauthn.get', question, lies)
  const plain = authenticatorData(passkey, question.rpId ?? '', 0, lies)
  const data = lies.data?.(plain) ?? plain
  const signature = signatureOf(lies.signer ?? passkey.key, data, client)
  const id = (lies.id ?? passkey.id).toString('base64url')
  const handle = lies.handle === undefined ? passkey.handle : lies.handle
  return {
    id,
    rawId: id,
    type: 'public-key',
    authenticatorAttachment: 'platform',
    clientExtensionResults: {},
    ...lies.credential,
    response: {
      clientDataJSON: client.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: (lies.signature?.(signature) ?? signature).toString('base64url'),
      ...(handle === null ? {} : { userHandle: handle }),
    },
  }
}
