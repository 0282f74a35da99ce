import type { ChangeKey, Texts } from '../texts/en.ts'
import type { Theme } from '../theme.ts'
import { mailHtml, type Mail } from './mail-html.tsx'
import { forSite, paragraphs } from './mail-text.ts'

export type ChangedMailProps = {
  readonly theme: Theme
  readonly texts: Texts
  readonly change: ChangeKey
  /** The account page. */
  readonly link: string
}

/** Whoever changed something with somebody else's session or mailbox cannot keep this from the owner. */
export function changedMail({ theme, texts, change, link }: ChangedMailProps): Mail {
  const t = texts.mail.changed
  const { heading, lead: template } = t.by[change]
  const lead = forSite(template, theme)
  return {
    subject: forSite(t.subject, theme),
    text: paragraphs(heading, lead, t.aside, link),
    html: mailHtml({ theme, texts, heading, lead, link, button: t.button, small: [t.aside] }),
  }
}
