// Hashes that another system made: which spelling they are in, and whether comparing with them is bounded. What can be said
// of one is said when it is read, so that nothing that was stored can hold a worker up. Pure.
import { type Result, fail, succeed } from '../../../kit/result.ts'

export type LegacyHash =
  | { readonly kind: 'bcrypt'; readonly encoded: string; readonly isDigested: boolean }
  | { readonly kind: 'argon2'; readonly encoded: string; readonly type: 'argon2id' | 'argon2i' }
  | {
      readonly kind: 'scrypt'
      readonly salt: Uint8Array
      readonly n: number
      readonly r: number
      readonly p: number
      readonly hash: Uint8Array
    }
  | {
      readonly kind: 'pbkdf2'
      readonly digest: Pbkdf2Digest
      readonly iterations: number
      readonly salt: Uint8Array
      readonly hash: Uint8Array
    }
  | {
      readonly kind: 'firebase'
      readonly salt: Uint8Array
      readonly n: number
      readonly r: number
      readonly signerKey: Uint8Array
      readonly hash: Uint8Array
    }

export type Pbkdf2Digest = 'sha1' | 'sha256' | 'sha512'

/** One of a fixed list, as it is shown to whoever imports. */
export type LegacyFault =
  | 'a form of hash that is not known'
  | 'too costly to compare with'
  | 'too cheap to be worth keeping'
  | 'damaged'

/** Each comparison is held to about a second of one thread and 64 MiB. */
const most = {
  bcryptCost: 13,
  argonKib: 65_536,
  argonWork: 4 * 65_536,
  argonLanes: 16,
  scryptBytes: 64 * 2 ** 20,
  iterations: 1_000_000,
}
/** A salt or digest shorter than this was never made by the real thing. */
const least = { hashBytes: 16, saltBytes: 4, iterations: 1000 }

type Read = Result<LegacyHash, LegacyFault>

interface Form {
  readonly name: string
  readonly pattern: RegExp
  readonly read: (parts: readonly string[]) => Read
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
/** Any of the alphabets that are in use, padded or not; null where it is none. */
function bytes(value: string): Uint8Array | null {
  const plain = value.replaceAll('.', '+').replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  const decoded = Buffer.from(plain, 'base64')
  return decoded.toString('base64').replace(/=+$/, '') === plain ? new Uint8Array(decoded) : null
}
const hex = (value: string): Uint8Array | null =>
  /^(?:[0-9a-f]{2})+$/i.test(value) ? new Uint8Array(Buffer.from(value, 'hex')) : null

/** Every spelling that is understood, with where it comes from. */
const forms: readonly Form[] = [
  {
    name: 'bcrypt: crypt(3), PHP, Laravel, Rails',
    pattern: /^(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})$/,
    read: ([encoded = '', cost]) => bcrypt(encoded, Number(cost), false),
  },
  {
    name: 'bcrypt: Django, over the password or over its SHA-256',
    pattern: /^bcrypt(_sha256)?\$(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})$/,
    read: ([digested = '', encoded = '', cost]) => bcrypt(encoded, Number(cost), digested !== ''),
  },
  {
    name: 'argon2: PHC, PHP, Laravel, Django',
    pattern: /^(?:argon2\$|\$)(argon2id|argon2i)\$(v=19\$m=(\d{1,7}),t=(\d{1,4}),p=(\d{1,3})\$([\w+/-]+)\$([\w+/-]+))$/,
    read: ([type = '', rest = '', m, t, p, salt = '', hash = '']) =>
      argon2(
        { type: type === 'argon2i' ? 'argon2i' : 'argon2id', rest },
        [Number(m), Number(t), Number(p)],
        [salt, hash],
      ),
  },
  {
    name: 'scrypt: PHC, passlib',
    pattern: /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([\w+/.-]+)\$([\w+/.-]+)$/,
    read: ([ln, r, p, salt = '', hash = '']) =>
      scrypt([2 ** Number(ln), Number(r), Number(p)], bytes(salt), bytes(hash)),
  },
  {
    name: 'scrypt: Django',
    pattern: /^scrypt\$(\d{1,8})\$([^$]{1,128})\$(\d{1,3})\$(\d{1,3})\$([\w+/=]+)$/,
    read: ([n, salt = '', r, p, hash = '']) => scrypt([Number(n), Number(r), Number(p)], text(salt), bytes(hash)),
  },
  {
    name: 'scrypt: Werkzeug',
    pattern: /^scrypt:(\d{1,8}):(\d{1,3}):(\d{1,3})\$([^$]{1,128})\$([0-9a-f]+)$/,
    read: ([n, r, p, salt = '', hash = '']) => scrypt([Number(n), Number(r), Number(p)], text(salt), hex(hash)),
  },
  {
    name: 'PBKDF2: Django',
    pattern: /^pbkdf2_(sha1|sha256|sha512)\$(\d{1,8})\$([^$]{1,128})\$([\w+/=]+)$/,
    read: ([digest = '', iterations, salt = '', hash = '']) =>
      pbkdf2(digest, Number(iterations), text(salt), bytes(hash)),
  },
  {
    name: 'PBKDF2: Werkzeug',
    pattern: /^pbkdf2:(sha1|sha256|sha512):(\d{1,8})\$([^$]{1,128})\$([0-9a-f]+)$/,
    read: ([digest = '', iterations, salt = '', hash = '']) =>
      pbkdf2(digest, Number(iterations), text(salt), hex(hash)),
  },
  {
    name: 'PBKDF2: passlib, PHC',
    pattern: /^\$pbkdf2(?:-(sha256|sha512))?\$(?:i=)?(\d{1,8})(?:,l=\d{1,3})?\$([\w+/.-]+)\$([\w+/.-]+)$/,
    read: ([digest, iterations, salt = '', hash = '']) =>
      pbkdf2(digest ?? 'sha1', Number(iterations), bytes(salt), bytes(hash)),
  },
  {
    name: 'scrypt: Firebase, as firebase-scrypt$<memory cost>$<rounds>$<salt>$<separator>$<signer key>$<hash>',
    pattern: /^firebase-scrypt\$(\d{1,2})\$(\d{1,2})\$([\w+/=-]+)\$([\w+/=-]*)\$([\w+/=-]+)\$([\w+/=-]+)$/,
    read: ([memory, rounds, ...rest]) => firebase(2 ** Number(memory), Number(rounds), rest.map(bytes)),
  },
]

export const legacyForms: readonly string[] = forms.map(({ name }) => name)

export function readLegacyHash(stored: string): Read {
  for (const { pattern, read } of forms) {
    const match = stored.length > 1024 ? null : pattern.exec(stored)
    if (match !== null) return read(match.slice(1).map((part: string | undefined) => part ?? ''))
  }
  return fail('a form of hash that is not known')
}

function bcrypt(encoded: string, cost: number, isDigested: boolean): Read {
  if (cost > most.bcryptCost) return fail('too costly to compare with')
  return cost < 4 ? fail('damaged') : succeed({ kind: 'bcrypt', encoded, isDigested })
}

function argon2(
  { type, rest }: { readonly type: 'argon2id' | 'argon2i'; readonly rest: string },
  [m = 0, t = 0, p = 0]: readonly number[],
  [salt = '', hash = '']: readonly string[],
): Read {
  if (m > most.argonKib || m * t > most.argonWork || p > most.argonLanes) return fail('too costly to compare with')
  const isWhole = m >= 8 * p && t >= 1 && p >= 1 && (bytes(salt)?.length ?? 0) >= 8 && isDigest(bytes(hash))
  return isWhole ? succeed({ kind: 'argon2', encoded: `$${type}$${rest}`, type }) : fail('damaged')
}

function isScryptBounded(n: number, r: number, p: number): boolean {
  return 128 * n * r <= most.scryptBytes && 128 * n * r * p <= 2 * most.scryptBytes
}

function scrypt([n = 0, r = 0, p = 0]: readonly number[], salt: Uint8Array | null, hash: Uint8Array | null): Read {
  if (!isScryptBounded(n, r, p)) return fail('too costly to compare with')
  if (n < 2 || !Number.isInteger(Math.log2(n)) || r < 1 || p < 1) return fail('damaged')
  return isSalt(salt) && isDigest(hash) ? succeed({ kind: 'scrypt', salt, n, r, p, hash }) : fail('damaged')
}

function pbkdf2(digest: string, iterations: number, salt: Uint8Array | null, hash: Uint8Array | null): Read {
  if (iterations > most.iterations) return fail('too costly to compare with')
  if (iterations < least.iterations) return fail('too cheap to be worth keeping')
  if (digest !== 'sha1' && digest !== 'sha256' && digest !== 'sha512') return fail('damaged')
  return isSalt(salt) && isDigest(hash) ? succeed({ kind: 'pbkdf2', digest, iterations, salt, hash }) : fail('damaged')
}

function firebase(n: number, r: number, [salt, separator, signerKey, hash]: readonly (Uint8Array | null)[]): Read {
  if (!isScryptBounded(n, r, 1)) return fail('too costly to compare with')
  if (!salt || !separator || !signerKey || !hash || n < 2 || r < 1 || !isDigest(hash)) return fail('damaged')
  return succeed({ kind: 'firebase', salt: new Uint8Array([...salt, ...separator]), n, r, signerKey, hash })
}

const isSalt = (salt: Uint8Array | null): salt is Uint8Array => salt !== null && salt.length >= least.saltBytes
const isDigest = (hash: Uint8Array | null): hash is Uint8Array =>
  hash !== null && hash.length >= least.hashBytes && hash.length <= 128
