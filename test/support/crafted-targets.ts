// Raw request targets that try to reach a protected path past the rules, for every test that has a front door to try.

const dots = [
  '..',
  '%2e%2e',
  '%2E%2E',
  '.%2e',
  '%2e.',
  '%252e%252e',
  '.%252e',
  '%25252e%25252e',
  '%2525252e%2525252e',
  '..;',
  '..;x=1',
  '..%3b',
  '%2e%2e;a',
  '..%20',
  '..+',
  '%20..',
  '...',
  '....',
  '..%00',
  '..%09',
  '..%0d',
  '..::$DATA',
  '%c0%ae%c0%ae',
  '%e0%80%ae%e0%80%ae',
  '%f0%80%80%ae%f0%80%80%ae',
  '%25c0%25ae%25c0%25ae',
  '\xc0\xae\xc0\xae',
  '%ef%bc%8e%ef%bc%8e',
  '%e2%80%a5',
  '%e2%80%a4%e2%80%a4',
  '%25ef%25bc%258e%25ef%25bc%258e',
  '.%e2%80%8b.',
  '.%c2%ad.',
  '%u002e%u002e',
  '%25u002e%25u002e',
  '%uff0e%uff0e',
  '%ef%bc%852e%ef%bc%852e',
  '%%32%65%%32%65',
]

const separators = [
  '/',
  '%2f',
  '%2F',
  '%5c',
  '%5C',
  '\\',
  '%252f',
  '%252F',
  '%255c',
  '%25252f',
  '%2525252f',
  '//',
  '/./',
  '/;/',
  '/%2e/',
  '%c0%af',
  '%e0%80%af',
  '%c1%9c',
  '%25c0%25af',
  '%ef%bc%8f',
  '%ef%bc%bc',
  '%e2%88%95',
  '%e2%81%84',
  '%e2%88%96',
  '%u2215',
  '%u002f',
  '%25u002f',
  '%ef%bc%852f',
  '/%20/',
  '/+/',
  '%00/',
  '%0a/',
  '?/',
  '#/',
  '%3f/',
  '%23/',
  ';/',
  '\\/',
]

const suffixes = [
  '/',
  '//',
  '/.',
  '/..',
  '/x/..',
  '/%2e',
  '.',
  '..',
  '%2e',
  '%20',
  '%20.',
  '. .',
  '+',
  ';',
  ';x',
  ';x=1/y',
  '%3b',
  '%3bx',
  '%00',
  '%00.jpg',
  '%2500.jpg',
  '%0a',
  '%0d%0a',
  '%09',
  '%7f',
  '%c2%85',
  '%c2%a0',
  '%e3%80%80',
  '%e2%80%a8',
  '%ef%bb%bf',
  '?',
  '?/public/',
  '?x=/public',
  '#',
  '#/public/',
  '%23',
  '%23/public',
  '%3f',
  '%3f/public',
  '%253f',
  '%2523',
  '%25',
  '::$DATA',
  ':$i30:$INDEX_ALLOCATION',
  '%3a%3a$DATA',
  '%e2%80%8b',
  '%c2%ad',
  '%ef%bc%8e',
  '%ef%bc%9b',
  '%ef%bc%9fx',
  '~',
  '%7e',
  '%',
  '%2',
  '%zz',
  '%ff',
  '%c3',
  '%ed%a0%80',
  '%f4%90%80%80',
  '%f8%88%80%80%80',
  '\xff',
  '\x00',
  '\t',
  ' ',
  '\x7f',
  '&',
  '%26',
]

const prefixes = [
  '/',
  '//',
  '///',
  '/./',
  '/%2e/',
  '/;/',
  '/;x=1/',
  '/%3b/',
  '/%20/',
  '/+/',
  '/.;/',
  '/..',
  '/../',
  '/%2e%2e/',
  '/%00/',
  '/%e2%80%8b/',
  '\\',
  '/\\',
  '\\\\',
  '%2f',
  '/%2f',
  '/%5c',
  '/%252f',
  '/%ef%bc%8f',
  '/%ef%bc%bc',
  '/%e2%88%95',
  '/%c2%a5',
  '/%e3%80%80/',
  '/%09/',
  '',
  '*',
  '?',
  '#',
  '@',
  ':80/',
  'http://other.example/',
  'https://other.example/',
  '//other.example/',
  '/.//',
  '/./.\\',
  '/%c2%a0/',
]

const percent = (text: string): string =>
  Array.from(text, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')

const utf8 = (codePoint: number): string => encodeURIComponent(String.fromCodePoint(codePoint))

// Ways to write one letter that some server reads back as that letter.
const lettersLike = (letter: string): readonly string[] => {
  const code = letter.charCodeAt(0)
  const fullWidth = code + 0xfee0
  return [
    letter.toUpperCase(),
    percent(letter),
    percent(letter).toUpperCase(),
    percent(letter.toUpperCase()),
    `%25${percent(letter).slice(1)}`,
    `%2525${percent(letter).slice(1)}`,
    percent(percent(letter)),
    utf8(fullWidth),
    utf8(fullWidth - 0x20),
    utf8(0x1d41a + code - 97),
    utf8(0x24d0 + code - 97),
    `${letter}%cc%81`,
    `${letter}%e2%80%8b`,
    `${letter}%ef%b8%8f`,
    `%u00${code.toString(16)}`,
    `%c1%${code.toString(16)}`,
    `${letter};x`,
    `${letter}%`,
  ]
}

const respelled = (path: string): readonly string[] =>
  Array.from(path, (character, at) =>
    /[a-z]/.test(character) ? lettersLike(character).map((like) => path.slice(0, at) + like + path.slice(at + 1)) : [],
  ).flat()

// Letters whose case mapping leaves or enters ASCII: dotless i, long s, Kelvin sign, sharp s.
const caseTraps = (path: string): readonly string[] => [
  path.replaceAll('i', '%c4%b1'),
  path.replaceAll('i', '%c4%b0'),
  path.replaceAll('s', '%c5%bf'),
  path.replaceAll('k', '%e2%84%aa'),
]

/** Distinct targets as latin1 strings, one character per byte. Not every one is dangerous, all of them are odd. */
export function craftedTargets(paths: { readonly publicPrefix: string; readonly protectedPath: string }): string[] {
  const { publicPrefix, protectedPath } = paths
  const rest = protectedPath.slice(1)
  const [first = '', ...below] = rest.split('/')
  const inner = below.join('/')
  const climbing = dots.flatMap((dot) => separators.map((to) => `${publicPrefix}/${dot}${to}${rest}`))
  const climbingTwice = dots.flatMap((dot) =>
    separators.map((to) => `${publicPrefix}/x${to}${dot}${to}${dot}${to}${rest}`),
  )
  const joined = separators.flatMap((to) => [
    `/${first}${to}${inner}`,
    `/${first.toUpperCase()}${to}${inner}`,
    `${to}${rest}`,
  ])
  const ended = suffixes.flatMap((end) => [
    `/${first}${end}`,
    `/${first}${end}/${inner}`,
    `${protectedPath}${end}`,
    `/${first.toUpperCase()}${end}`,
    `${publicPrefix}${end}${protectedPath}`,
    `${publicPrefix}/..${end}${protectedPath}`,
  ])
  const started = prefixes.flatMap((start) => [
    `${start}${rest}`,
    `${start}${first.toUpperCase()}`,
    `${publicPrefix}${start}${rest}`,
  ])
  const spelled = respelled(protectedPath).flatMap((path) => [path, `${publicPrefix}/..${path}`, path.toUpperCase()])
  const whole = [
    protectedPath.toUpperCase(),
    `/${percent(first)}/${inner}`,
    `/${percent(percent(first))}`,
    ...caseTraps(protectedPath),
  ]
  return [...new Set([...climbing, ...climbingTwice, ...joined, ...ended, ...started, ...spelled, ...whole])]
}
