import type { Texts } from '../texts/en.ts'
import type { Theme } from '../theme.ts'
import { mailHtml, type Mail } from './mail-html.tsx'
import { forSite, paragraphs } from './mail-text.ts'

export type AlreadyRegisteredMailProps = {
  readonly theme: Theme
  readonly texts: Texts
  /** The sign-in page. */
  readonly link: string
}

/** Sign-up answers alike for a known address; only its owner learns the difference, by this mail. */
export function alreadyRegisteredMail({ theme, texts, link }: AlreadyRegisteredMailProps): Mail {
  const t = texts.mail.alreadyRegistered
  const lead = forSite(t.lead, theme)
  return {
    subject: forSite(t.subject, theme),
    text: paragraphs(lead, link, t.aside),
    html: mailHtml({ theme, texts, heading: t.heading, lead, link, button: t.button, small: [t.aside] }),
  }
}
