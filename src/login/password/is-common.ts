// Is a password one that many people have chosen? Answered without asking anybody: what stands on every attacker's first
// page must be refused even while the breach list cannot be reached. Pure.
import { commonPasswords } from './common-passwords.ts'
import { topPasswords } from './top-passwords.ts'

/** Beyond this a repetition or a walk is nobody's habit, and length alone has made guessing it dear. */
const longestFamily = 20

/** `own` are the words an attacker of this very account would try first: its address, the name of the site. */
export function isCommon(password: string, own: readonly string[]): boolean {
  const text = password.normalize('NFKC').toLowerCase().trim()
  const words = own.map(plain).filter((word) => word.length >= 4)
  if (isRun(text) || isWalk(text) || isDate(text)) return true
  const top = topPasswords()
  return forms(text).some((form) => top.has(form) || commonPasswords.has(form) || words.includes(plain(form)))
}

/** As typed, without what people put before and after to please a rule, and with look-alikes read as letters. */
function forms(text: string): readonly string[] {
  const bare = text.replace(/^[\d\W_]{0,4}(?=\p{L})/u, '').replace(/(?<=\p{L})[\d\W_]{1,6}$/u, '')
  const all = [text, bare, unmasked(text), unmasked(bare), unmasked(text).replace(/(?<=\p{L})[\d\W_]{1,6}$/u, '')]
  // A word twice is the word.
  return all.flatMap((form) => [form, form.replace(/^(.{4,})\1$/su, '$1')])
}

const lookAlikes: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '€': 'e',
  '1': 'i',
  '!': 'i',
  '|': 'l',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
  '+': 't',
}

/** Only between letters: a number at the end is a number. */
function unmasked(text: string): string {
  const core = /^(.*?)([\d\W_]*)$/su.exec(text)
  const [, word = text, tail = ''] = core ?? []
  return word.replace(/[@43€1!|0$57+]/g, (sign) => lookAlikes[sign] ?? sign) + tail
}

const plain = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

/** One or two, three or four plain characters over and over, or pairs such as 11223344. */
function isRun(text: string): boolean {
  if (text.length > longestFamily) return false
  return /^([a-z0-9]{1,4})\1+[a-z0-9]?$/.test(text) || /^(?:(\d)\1){4,}$/.test(text)
}

const rows = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'qwertzuiop',
  'asdfghjkl',
  'zxcvbnm',
  'yxcvbnm',
]
const walks = [...rows, ...rows.map((row) => [...row].toReversed().join(''))]

/** Made of nothing but pieces of the alphabet, the digits or a row of the keyboard, each three or longer. */
function isWalk(text: string): boolean {
  if (text.length > longestFamily) return false
  let rest = text
  while (rest.length > 0) {
    const length = longestPiece(rest)
    if (length < 3) return false
    rest = rest.slice(length)
  }
  return true
}

function longestPiece(text: string): number {
  for (let length = text.length; length >= 3; length -= 1) {
    const piece = text.slice(0, length)
    if (walks.some((walk) => walk.includes(piece))) return length
  }
  return 0
}

const usualDates = [
  /^(?<year>\d{4})[./-]?(?<one>\d{2})[./-]?(?<other>\d{2})$/,
  /^(?<one>\d{2})[./-]?(?<other>\d{2})[./-]?(?<year>\d{4})$/,
]

/** A day of the last hundred years, as eight digits in any usual order. */
function isDate(text: string): boolean {
  return usualDates.some((pattern) => {
    const { year, one, other } = pattern.exec(text)?.groups ?? {}
    const [low, high] = [Math.min(Number(one), Number(other)), Math.max(Number(one), Number(other))]
    return Number(year) >= 1920 && Number(year) <= 2039 && low >= 1 && low <= 12 && high <= 31
  })
}
