// The languages there are. Another one is a file with an object of type `Texts`, and a line here.
import { de } from './de.ts'
import { en, type Texts } from './en.ts'

export const languages = { en, de } as const satisfies Record<string, Texts>

export type Language = keyof typeof languages

export function readLanguage(text: string | null): Language | null {
  return text !== null && Object.hasOwn(languages, text) ? (text as Language) : null
}

const ranges = 20

/** The best of an Accept-Language header (RFC 9110 §12.5.4) by primary tag: `de-AT` is served with `de`. */
export function chooseLanguage(header: string | null): Language {
  const wishes = (header ?? '')
    .slice(0, 1000)
    .split(',', ranges)
    .flatMap((range) => {
      const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
      const quality = Number(/^q=([01](?:\.\d{1,3})?)$/.exec(parameters[0] ?? 'q=1')?.[1] ?? 0)
      const language = tag === '*' ? 'en' : readLanguage(tag.split('-', 1)[0] ?? '')
      return language === null || quality === 0 ? [] : [{ language, quality }]
    })
  // Stable: of equal wishes the first counts.
  return wishes.toSorted((one, other) => other.quality - one.quality)[0]?.language ?? 'en'
}
