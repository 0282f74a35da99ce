import type { Page } from '../../../src/pages/layout.tsx'
import { en as texts } from '../../../src/pages/texts/en.ts'
import { defaultTheme as theme } from '../../../src/pages/theme.ts'
import { tagsOf } from './samples.ts'

export const base = { theme, texts, basePath: '/auth', csrfToken: 'token' }
export const html = (page: Page): string => page.render('n')
export const input = (page: Page, name: string): Record<string, string> =>
  Object.fromEntries(
    tagsOf(html(page)).find((tag) => tag.name === 'input' && tag.attributes.get('name') === name)?.attributes ?? [],
  )
export const actions = (page: Page): string[] => tagsOf(html(page)).flatMap((tag) => tag.attributes.get('action') ?? [])

export const links = (page: Page): string[] =>
  tagsOf(html(page)).flatMap((tag) => (tag.name === 'a' ? (tag.attributes.get('href') ?? []) : []))
