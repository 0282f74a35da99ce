import { describe, expect, it } from 'vitest'
import { en, type Texts } from '../../../src/pages/texts/en.ts'
import { scripts } from '../../../src/pages/scripts.ts'
import { type Theme, defaultTheme } from '../../../src/pages/theme.ts'
import { everyPage, HOSTILE, tagsOf } from './samples.ts'

const hostileTheme: Theme = {
  name: HOSTILE,
  colorScheme: 'auto',
  logoUrl: HOSTILE,
  accentColor: 'red}</style><script>',
  dark: { logoUrl: `${HOSTILE}dark`, accentColor: 'red}</style><script>' },
}

function hostileTexts(): Texts {
  const replace = (value: unknown): unknown => {
    if (typeof value === 'string') return HOSTILE
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replace(inner)]))
  }
  const texts = replace(en) as Texts
  return { ...texts, lang: 'en', dir: 'ltr' }
}

// A sentence without its {email} has no bold part, and the unsafe logo addresses stay images: nothing else may differ.
const comparable = (list: readonly string[]) => list.filter((tag) => tag !== 'strong' && tag !== 'a')

const names = Object.keys(everyPage(defaultTheme, 'x'))
const render = (name: string, value = 'ada@example.org', theme = defaultTheme, texts = en): string =>
  everyPage(theme, value, texts)[name]?.render('n0nce') ?? ''

describe.each(names)('page %s', (name) => {
  it.each([
    ['plain', () => render(name)],
    ['hostile', () => render(name, HOSTILE, hostileTheme, hostileTexts())],
  ])('has the scripts that its parts need and no other, no handler and no style attribute (%s)', (_kind, make) => {
    const html = make()
    const tags = tagsOf(html)
    expect(tags.filter((tag) => tag.name === 'style').map((tag) => tag.attributes.get('nonce'))).toEqual(['n0nce'])
    const found = [...html.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/gi)].map(([, head, code]) => [head, code])
    const needed = [
      ...(/ data-(?:passkey|accepted)=/.test(html) ? [scripts.passkeys] : []),
      ...(/ data-(?:reveal|code|copy)=/.test(html) ? [scripts.conveniences] : []),
    ]
    expect(found).toEqual(needed.map(({ code }) => [' type="module" nonce="n0nce"', code]))
    expect(html.match(/<\/style>/g)).toHaveLength(1)
    for (const { attributes } of tags) {
      expect([...attributes.keys()].filter((key) => key.startsWith('on') || key === 'style')).toEqual([])
      expect(attributes.get('href') ?? '').not.toMatch(/^\s*javascript:/i)
    }
  })

  it('escapes what it is given', () => {
    const plain = tagsOf(render(name, 'x', { ...hostileTheme, name: 'x' }, en)).map((tag) => tag.name)
    const hostile = tagsOf(render(name, HOSTILE, hostileTheme, hostileTexts())).map((tag) => tag.name)
    expect(comparable(hostile)).toEqual(comparable(plain))
  })
})

describe.each(names)('form and document of page %s', (name) => {
  it('posts every form with its token', () => {
    const forms = render(name).match(/<form[\s\S]*?<\/form>/g) ?? []
    for (const form of forms) {
      expect(form).toMatch(/^<form method="post" action="\/auth\//)
      expect(form).toContain('<input type="hidden" name="csrf_token" value="ada@example.org"/>')
      expect(form).toContain('<button type="submit"')
    }
  })

  it('labels every input, and every reference finds its target', () => {
    const tags = tagsOf(render(name))
    const ids = tags.flatMap((tag) => tag.attributes.get('id') ?? [])
    const labels = tags.flatMap((tag) => (tag.name === 'label' ? (tag.attributes.get('for') ?? []) : []))
    expect(new Set(ids).size).toBe(ids.length)
    for (const { name: tag, attributes } of tags) {
      if (tag === 'input' && attributes.get('type') !== 'hidden') expect(labels).toContain(attributes.get('id'))
      const references = attributes.get('aria-describedby')?.split(' ') ?? []
      const fragment = attributes.get('href')?.startsWith('#') === true ? [attributes.get('href')?.slice(1)] : []
      for (const reference of [...references, ...fragment]) expect(ids).toContain(reference)
    }
    expect(tags.filter((tag) => tag.attributes.has('autofocus')).length).toBeLessThanOrEqual(1)
  })

  it('is one small document with a language, a title and a single main heading', () => {
    const html = render(name, 'a'.repeat(254))
    expect(new TextEncoder().encode(html).length).toBeLessThan(30_000)
    expect(html).toMatch(/^<!doctype html><html lang="en" dir="ltr">/)
    expect(tagsOf(html).filter((tag) => ['h1', 'main', 'title'].includes(tag.name))).toHaveLength(3)
  })

  it('leaves no placeholder unfilled', () => {
    expect(render(name).replace(/<(style|script)[\s\S]*?<\/\1>/g, '')).not.toMatch(/\{[a-z]\w*\}|undefined|\[object/)
  })

  it('speaks another language throughout', () => {
    const html = render(name, 'x', { ...defaultTheme, name: 'x' }, hostileTexts())
    const shown = html.replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/g, ' ')
    expect(shown.match(/Sign|account|Confirm|Request|Email|password/g)).toBeNull()
  })
})
