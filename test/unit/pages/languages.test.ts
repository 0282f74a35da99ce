import { describe, expect, it } from 'vitest'
import { en, type Texts } from '../../../src/pages/texts/en.ts'
import { chooseLanguage, languages, readLanguage } from '../../../src/pages/texts/languages.ts'
import { defaultTheme } from '../../../src/pages/theme.ts'
import { everyPage } from './samples.ts'

function flat(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, String(value)]])
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...flat(inner, `${path}.${key}`)]))
}

const english = flat(en)
const placeholders = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).toSorted()
/** Words that German took over as they are. */
const sameInBoth = ['.dir', '.fields.name', '.inbox.code', '.inbox.links', '.mfa.code', '.fieldProblem']

const others: readonly (readonly [string, Texts])[] = Object.entries(languages).filter(([name]) => name !== 'en')

describe.each(others)('the texts in %s', (name, texts) => {
  const own = flat(texts)

  it('are all there, and none is left in English or empty', () => {
    expect([...own.keys()].toSorted()).toEqual([...english.keys()].toSorted())
    const untranslated = [...own].filter(([path, text]) => english.get(path) === text && !sameInBoth.includes(path))
    expect(untranslated).toEqual([])
    expect([...own].filter(([, text]) => text.trim() === '')).toEqual([])
    expect(texts.lang).toBe(name)
  })

  it('fill in what the English ones fill in', () => {
    for (const [path, text] of own)
      expect([path, placeholders(text)]).toEqual([path, placeholders(english.get(path) ?? '')])
  })

  it('are what every page shows, and its language says so', () => {
    const words = [...english.values()].filter((text) => text.length > 12 && !text.includes('{'))
    for (const [page, made] of Object.entries(everyPage(defaultTheme, 'x', texts))) {
      const html = made.render('n')
      expect(html).toContain(`<html lang="${name}"`)
      expect([page, words.filter((text) => html.includes(text.replaceAll("'", '&#39;')))]).toEqual([page, []])
    }
  })
})

describe('the language of a person', () => {
  it.each([
    [null, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['en-GB,en;q=0.9,de;q=0.8', 'en'],
    ['fr-CH, fr;q=0.9, de;q=0.7, *;q=0.5', 'de'],
    ['fr, *;q=0.5', 'en'],
    ['en;q=0.1,DE;q=0.2', 'de'],
    ['de;q=0', 'en'],
    ['de;q=2', 'en'],
    ['constructor,__proto__', 'en'],
    ['x,'.repeat(5000) + 'de', 'en'],
  ] as const)('of %j is %s', (header, language) => {
    expect(chooseLanguage(header)).toBe(language)
  })

  it.each([null, '', 'fr', 'DE', 'toString', '__proto__'])('is not %j', (text) => {
    expect(readLanguage(text)).toBe(null)
  })
})
