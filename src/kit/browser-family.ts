// Which browser a user agent says it is, roughly: without version and system, so that an update changes nothing.
type Rule = readonly [pattern: RegExp, name: string]

// Order matters: Edge and Opera also say Chrome, Chrome also says Safari.
const browsers: readonly Rule[] = [
  [/\bEdg(?:A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS)\//, 'Chrome'],
  [/\bVersion\/\S+ .*Safari\//, 'Safari'],
  [/^curl\//, 'curl'],
]

const longest = 512

export function browserFamily(userAgent: string | null): string | null {
  const text = (userAgent ?? '').slice(0, longest)
  return browsers.find(([pattern]) => pattern.test(text))?.[1] ?? null
}
