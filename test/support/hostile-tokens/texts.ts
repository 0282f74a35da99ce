// Forgeries that say one thing to one reader and another thing to the next, in other letters than were signed, or without an end.
import { type Forge, type Hostile, b64 } from './model.ts'

/** Members that stand twice, however they are spelled and however deep they are. */
export async function doubled({ goodClaims, goodHeader, signRaw }: Forge): Promise<Hostile[]> {
  const header = JSON.stringify(goodHeader())
  const claims = JSON.stringify(goodClaims())
  const before = (text: string, member: string): string => `{${member},${text.slice(1)}`
  const after = (text: string, member: string): string => `${text.slice(0, -1)},${member}}`
  const inHeader = [
    '"alg":"none"',
    '"alg":"RS256"',
    '"kid":"other"',
    '"typ":"JWT"',
    '"\\u0061lg":"none"',
    '"x":{"a":1,"a":2}',
    '"x":[[{"a":1,"\\u0061":1}]]',
  ]
  const inClaims = [
    '"sub":"admin"',
    '"\\u0073ub":"admin"',
    '"s\\u0075b":"admin"',
    '"iss":"x"',
    '"aud":"x"',
    '"exp":9999999999',
    '"roles":[],"roles":["admin"]',
    '"x":{"y":{"a":1,"a":2}}',
    '"x":[{"a":1,"a":1}]',
    '"__proto__":1,"__proto__":2',
    '"":1,"":2',
    '"a\\"":1,"a\\u0022":2',
    '"x":"{","y":{"z":":","z":1}',
  ]
  const made = [
    ...inHeader.flatMap((member) =>
      [before(header, member), after(header, member)].map((text) => [text, claims] as const),
    ),
    ...inClaims.flatMap((member) =>
      [before(claims, member), after(claims, member)].map((text) => [header, text] as const),
    ),
  ]
  return Promise.all(
    made.map(async ([head, body]): Promise<Hostile> => [
      `twice: ${head === header ? body.slice(-60) : head.slice(-60)}`,
      await signRaw(head, body),
    ]),
  )
}

/** One token in other letters, and things that are no JSON object. */
export async function misspelled({ goodClaims, goodHeader, good, signRaw }: Forge): Promise<Hostile[]> {
  const token = await good()
  const [header = '', claims = '', signature = ''] = token.split('.')
  const strayBits = (part: string): string => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    return part.slice(0, -1) + (alphabet[alphabet.indexOf(part.at(-1) ?? 'A') | 1] ?? '')
  }
  const texts: readonly (readonly [string, string])[] = [
    ['padding', `${header}.${claims}.${signature}==`],
    ['padding inside', `${header}=.${claims}.${signature}`],
    ['the other alphabet', `${header}.${claims}.${signature.replaceAll('-', '+').replaceAll('_', '/')}`],
    ['stray bits in the signature', `${header}.${claims}.${strayBits(signature)}`],
    ['one character less', token.slice(0, -1)],
    ['half of it', token.slice(0, token.length / 2)],
    ['one character more', `${token}A`],
    ['a dot at the end', `${token}.`],
    ['a dot before', `.${token}`],
    ['five parts', `${token}.a.b`],
    ['it twice', `${token}.${token}`],
    ['nothing but dots', '.'.repeat(8000)],
    ['two dots', '..'],
    ['dots and spaces', '. .'],
    ['a colon for a dot', `${header}:${claims}:${signature}`],
    ['tildes', `${token}~`],
    ['upper case', token.toUpperCase()],
    ['no header', `.${claims}.${signature}`],
    ['no claims', `${header}..${signature}`],
    ['an empty object as header', `${b64('{}')}.${claims}.${signature}`],
  ]
  const bodies: readonly (readonly [string, string | Buffer])[] = [
    ['a list', '[]'],
    ['a string', '"victim"'],
    ['a number', '1'],
    ['null', 'null'],
    ['true', 'true'],
    ['nothing', ''],
    ['two objects', `${JSON.stringify(goodClaims())}{}`],
    ['a comma too many', '{"sub":"x",}'],
    ['single quotes', "{'sub':'x'}"],
    ['a comment', `/**/${JSON.stringify(goodClaims())}`],
    ['NaN', JSON.stringify(goodClaims()).replace(/"exp":\d+/, '"exp":NaN')],
    ['a byte order mark', `\uFEFF${JSON.stringify(goodClaims())}`],
    ['UTF-16', Buffer.from(JSON.stringify(goodClaims()), 'utf16le')],
    [
      'broken UTF-8',
      Buffer.concat([
        Buffer.from(`{"x":"`),
        Buffer.from([0xff, 0xfe]),
        Buffer.from(`",${JSON.stringify(goodClaims()).slice(1)}`),
      ]),
    ],
    [
      'overlong UTF-8',
      Buffer.concat([
        Buffer.from(`{"x":"`),
        Buffer.from([0xc0, 0xa2]),
        Buffer.from(`",${JSON.stringify(goodClaims()).slice(1)}`),
      ]),
    ],
    [
      'deep brackets',
      `{"x":${'['.repeat(5000)}${']'.repeat(5000)},${JSON.stringify({ ...goodClaims(), exp: 'x' }).slice(1)}`,
    ],
    ['deep brackets left open', `{"x":${'['.repeat(9000)}`],
  ]
  return [
    ...texts.map(([name, text]): Hostile => [`written with ${name}`, text]),
    ...(await Promise.all(
      bodies.map(async ([name, body]): Promise<Hostile> => [
        `claims are ${name}`,
        await signRaw(JSON.stringify(goodHeader()), body),
      ]),
    )),
    ...(await Promise.all(
      ['[]', '"x"', 'null', '1', '', '{', `\uFEFF${JSON.stringify(goodHeader())}`].map(
        async (header): Promise<Hostile> => [
          `header is ${JSON.stringify(header.slice(0, 9))}`,
          await signRaw(header, JSON.stringify(goodClaims())),
        ],
      ),
    )),
  ]
}

/** Too much of it. */
export async function oversized({ goodClaims, goodHeader, good, withClaims, signRaw }: Forge): Promise<Hostile[]> {
  return [
    [
      'a header of 5 KB',
      await signRaw(JSON.stringify({ ...goodHeader(), x: 'x'.repeat(5000) }), JSON.stringify(goodClaims())),
    ],
    ['claims of 15 KB', await withClaims({ x: 'x'.repeat(15_000) })],
    ['claims of 60 KB', await withClaims({ x: 'x'.repeat(60_000) })],
    ['a signature of 20 KB', `${(await good()).slice(0, -10)}${'A'.repeat(20_000)}`],
    [
      'nine thousand members and one too many bytes',
      await withClaims(Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`m${at}`, at]))),
    ],
  ]
}
