// The mails a login sends. Links are built from the configured address of the site, never from the request; the words are
// in the language of whoever caused the mail; the answer waits until the mail cannot be lost any more, never for the vendor.
import type { Exchange } from '../exchange.ts'
import { dayMs, secondMs } from '../kit/duration.ts'
import { textsFor } from '../language.ts'
import { alreadyRegisteredMail } from '../pages/mail/already-registered-mail.ts'
import { changedMail } from '../pages/mail/changed-mail.ts'
import { type CodeMailProps, codeMail } from '../pages/mail/code-mail.ts'
import type { Mail } from '../pages/mail/mail-html.tsx'
import type { ChangeKey } from '../pages/texts/en.ts'
import type { OutgoingMessage } from '../outbox/message.ts'
import { postNotice } from '../post-message.ts'
import { type AskedChallenge, codeLifetimeMs } from './challenge.ts'
import { postToWhomever } from './post-to-whomever.ts'

/** News of a change is worth telling for as long. */
const noticeMs = dayMs

export interface MailedQuestion {
  readonly about: CodeMailProps['about']
  /** The page of the link, below the base path. */
  readonly page: '/verify-email' | '/reset' | '/magic-link'
  readonly linkLifetimeMs: number
}

/** `to` is null where nobody is to be asked: the same work, so that the answer comes no sooner. */
export function mailChallenge(
  exchange: Exchange,
  to: string | null,
  { asked, question }: { readonly asked: AskedChallenge; readonly question: MailedQuestion },
): Promise<void> {
  const link = address(exchange, `${question.page}?token=${asked.token}`)
  const { theme } = exchange.deps.settings.config
  const times = { linkForS: question.linkLifetimeMs / secondMs, codeForS: codeLifetimeMs / secondMs }
  const mail = codeMail({ theme, texts: textsFor(exchange), about: question.about, link, code: asked.code, ...times })
  return postToWhomever(exchange, mailTo(to, mail), question.linkLifetimeMs)
}

/** To the owner of an address that is known already: the answer to whoever signed up is the same. */
export function mailAlreadyRegistered(exchange: Exchange, to: string): Promise<void> {
  const { theme } = exchange.deps.settings.config
  const mail = alreadyRegisteredMail({ theme, texts: textsFor(exchange), link: address(exchange, '/login') })
  return postToWhomever(exchange, mailTo(to, mail), noticeMs)
}

/** To the owner of an account of which something changed that decides who gets in. */
export async function mailChanged(exchange: Exchange, to: string, change: ChangeKey): Promise<void> {
  const { theme } = exchange.deps.settings.config
  const mail = changedMail({ theme, texts: textsFor(exchange), change, link: address(exchange, '/account') })
  await postNotice(exchange, { ...mail, to })
}

function address({ deps }: Exchange, path: string): string {
  return `${deps.publicUrl.origin}${deps.settings.config.basePath}${path}`
}

function mailTo(to: string | null, mail: Mail): OutgoingMessage {
  return to === null ? { channel: 'nobody' } : { channel: 'email', mail: { ...mail, to } }
}
