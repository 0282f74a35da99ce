// Does a request look like an attempt to inject something into the site? Only looks: nothing is altered or refused for it, as
// the guess is wrong often enough, and a site that needs it would be safe against the attempts that are guessed alone.
//
// Cheap first: most requests have none of the bytes in question. Every repetition in a pattern is bounded, and so is what is
// looked at, so that no input makes a look expensive.

export const injectionKinds = ['sql', 'script', 'path', 'template', 'lookup'] as const
export type InjectionKind = (typeof injectionKinds)[number]

const suspicious = /[%'"<>;(){}$\\]|--|\.\.|union/i
const longest = 2048

/** The first that fits names it. */
const patterns: readonly (readonly [kind: InjectionKind, pattern: RegExp])[] = [
  // Log4Shell (CVE-2021-44228) and its disguises.
  ['lookup', /\$\{(?:jndi|lower|upper|env|sys|date|::-)/],
  ['sql', /\bunion\b[^a-z0-9]{1,20}(?:all\b[^a-z0-9]{1,20})?select\b/],
  ['sql', /['"]\s{0,5}(?:or|and)\s{1,5}['"(\d]|['"]\s{0,5}(?:--|#|\/\*)/],
  ['sql', /;\s{0,5}(?:drop|delete|insert|update|alter|truncate|exec)\s/],
  [
    'sql',
    /\b(?:pg_sleep|sleep|benchmark|extractvalue|xp_cmdshell)\s{0,5}\(|\bwaitfor\s{1,5}delay\b|\binformation_schema\b/,
  ],
  [
    'script',
    /<\s{0,5}(?:script|iframe|svg|object|embed)\b|\bjavascript\s{0,5}:|\bon(?:error|load|click|focus|mouseover)\s{0,5}=/,
  ],
  ['path', /\.\.[/\\]|\/etc\/(?:passwd|shadow)|\bwin\.ini\b|\0/],
  ['template', /\{\{[^}]{1,100}\}\}|\$\{[^}]{1,100}\}|<%[^%]{1,100}%>/],
]

/** @param text a path, a query or a header as it came, percent-encoded or not. */
export function injectionIn(text: string): InjectionKind | null {
  if (!suspicious.test(text)) return null
  const once = decoded(text.slice(0, longest))
  const seen = once.includes('%') ? `${once} ${decoded(once)}` : once
  const lower = seen.toLowerCase()
  for (const [kind, pattern] of patterns) if (pattern.test(lower)) return kind
  return null
}

/** Byte by byte: what cannot be decoded as a whole may still hold an attempt. */
function decoded(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
