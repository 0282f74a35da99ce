import { fill } from '../format.ts'
import type { Theme } from '../theme.ts'

/** A line break in a name would start a new header in a subject, or a forged paragraph in the text. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()

export const forSite = (template: string, theme: Theme): string =>
  oneLine(fill(template, { site: oneLine(theme.name) }))

export const paragraphs = (...lines: readonly string[]): string => `${lines.join('\n\n')}\n`
