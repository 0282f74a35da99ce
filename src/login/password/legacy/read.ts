// Hashes that another system made: which spelling they are in. Pure; what they hold is looked at in legacy-hash.ts.
import { fromAnyBase64 } from '../../../kit/base64url.ts'
import { fail } from '../../../kit/result.ts'
import { type Read, argon2, bcrypt, firebase, pbkdf2, scrypt } from './legacy-hash.ts'

interface Form {
  readonly name: string
  readonly pattern: RegExp
  readonly read: (parts: readonly string[]) => Read
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const hex = (value: string): Uint8Array | null =>
  /^(?:[0-9a-f]{2})+$/i.test(value)
    ? Uint8Array.from(value.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16))
    : null

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
        [fromAnyBase64(salt), fromAnyBase64(hash)],
      ),
  },
  {
    name: 'scrypt: PHC, passlib',
    pattern: /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([\w+/.-]+)\$([\w+/.-]+)$/,
    read: ([ln, r, p, salt = '', hash = '']) =>
      scrypt([2 ** Number(ln), Number(r), Number(p)], fromAnyBase64(salt), fromAnyBase64(hash)),
  },
  {
    name: 'scrypt: Django',
    pattern: /^scrypt\$(\d{1,8})\$([^$]{1,128})\$(\d{1,3})\$(\d{1,3})\$([\w+/=]+)$/,
    read: ([n, salt = '', r, p, hash = '']) =>
      scrypt([Number(n), Number(r), Number(p)], text(salt), fromAnyBase64(hash)),
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
      pbkdf2(digest, Number(iterations), text(salt), fromAnyBase64(hash)),
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
      pbkdf2(digest ?? 'sha1', Number(iterations), fromAnyBase64(salt), fromAnyBase64(hash)),
  },
  {
    name: 'scrypt: Firebase, as firebase-scrypt$<memory cost>$<rounds>$<salt>$<separator>$<signer key>$<hash>',
    pattern: /^firebase-scrypt\$(\d{1,2})\$(\d{1,2})\$([\w+/=-]+)\$([\w+/=-]*)\$([\w+/=-]+)\$([\w+/=-]+)$/,
    read: ([memory, rounds, ...rest]) => firebase(2 ** Number(memory), Number(rounds), rest.map(fromAnyBase64)),
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
