// A text encrypted at rest for one row: AES-256-GCM under a key derived from DATA_KEY, bound to the place it is stored at,
// so that a ciphertext copied to another row opens nothing. It names its key: after a change of DATA_KEY the one before
// still opens what it sealed, until each text has been sealed anew.
import { createHash } from 'node:crypto'
import { fromBase64Url, toBase64Url } from '../kit/base64url.ts'
import { derivedKey } from '../sessions/csrf.ts'

export interface SealedTexts {
  /** What a text begins with that the key in force has sealed. */
  readonly mark: string
  /** `place` names the row and column; it is authenticated, not stored. */
  seal(text: string, place: string): Promise<string>
  /** Throws when no key at hand opens it: a fault, as nobody but this worker writes it. */
  open(sealed: string, place: string): Promise<{ readonly text: string; readonly isCurrent: boolean }>
}

const version = 's1'
const nonceBytes = 12

/** Under keys of this purpose that follow from these, the one in force first. */
export function sealedTextsUnder(dataKeys: readonly Uint8Array[]): SealedTexts {
  return createSealedTexts(dataKeys.map((key) => derivedKey(key, 'sealed texts')))
}

/** `keys` are 32 bytes each, the one in force first. */
export function createSealedTexts(keys: readonly Uint8Array[]): SealedTexts {
  const named = keys.map((bytes) => ({ bytes, id: keyId(bytes) }))
  const [current] = named
  if (current === undefined) throw new TypeError('a key is needed')
  return {
    mark: `${version}.${current.id}.`,
    async seal(text, place) {
      const iv = crypto.getRandomValues(new Uint8Array(nonceBytes))
      const key = await importKey(current.bytes)
      const data = await crypto.subtle.encrypt(parameters(iv, place), key, new TextEncoder().encode(text))
      return [version, current.id, toBase64Url(iv), toBase64Url(new Uint8Array(data))].join('.')
    },
    async open(sealed, place) {
      const [format, id, nonce, data] = sealed.split('.')
      const key = named.find((candidate) => candidate.id === id)
      const [iv, bytes] = [fromBase64Url(nonce ?? ''), fromBase64Url(data ?? '')]
      if (format !== version || key === undefined || iv === null || bytes === null)
        throw new Error('sealed under a key that is not at hand')
      const text = await crypto.subtle.decrypt(parameters(iv, place), await importKey(key.bytes), plainBytes(bytes))
      return { text: new TextDecoder().decode(text), isCurrent: key === current }
    },
  }
}

/** A copy that is surely an ArrayBuffer's: what WebCrypto takes. */
const plainBytes = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)

function parameters(iv: Uint8Array, place: string) {
  return { name: 'AES-GCM', iv: plainBytes(iv), additionalData: plainBytes(new TextEncoder().encode(place)) }
}

function importKey(bytes: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', plainBytes(bytes), 'AES-GCM', false, ['encrypt', 'decrypt'])
}

/** Tells keys apart and says nothing about them. */
function keyId(bytes: Uint8Array): string {
  return createHash('sha256').update('key id').update(bytes).digest('base64url').slice(0, 8)
}
