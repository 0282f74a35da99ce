import { duration, fill } from '../format.ts'
import type { Texts } from '../texts/en.ts'
import type { Theme } from '../theme.ts'
import { mailHtml, type Mail } from './mail-html.tsx'
import { forSite, paragraphs } from './mail-text.ts'

export type CodeMailProps = {
  readonly theme: Theme
  readonly texts: Texts
  readonly about: 'verification' | 'reset' | 'magicLink'
  readonly link: string
  readonly code: string
  /** How long each is good for. */
  readonly linkForS: number
  readonly codeForS: number
}

export function codeMail({ theme, texts, about, link, code, linkForS, codeForS }: CodeMailProps): Mail {
  const t = texts.mail[about]
  const lead = forSite(t.lead, theme)
  const expiry = fill(t.expiry, { link: duration(linkForS, texts.lang), code: duration(codeForS, texts.lang) })
  return {
    subject: forSite(t.subject, theme),
    // The link and the code each have a line to themselves: people copy them, and programs look for them.
    text: paragraphs(lead, link, t.codeLead, code, expiry, t.aside),
    html: mailHtml({
      theme,
      texts,
      heading: t.heading,
      lead,
      link,
      button: t.button,
      code: { lead: t.codeLead, value: code },
      small: [expiry, t.aside],
    }),
  }
}
