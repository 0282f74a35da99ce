// The mails a login sends. Links are built from the configured address of the site, never from the request; the words are
// in the language of whoever caused the mail; the answer never waits for the vendor.
import { type Exchange, auditSource } from '../exchange.ts'
import { secondMs } from '../kit/duration.ts'
import { textsFor } from '../language.ts'
import { alreadyRegisteredMail } from '../pages/mail/already-registered-mail.ts'
import { changedMail } from '../pages/mail/changed-mail.ts'
import { type CodeMailProps, codeMail } from '../pages/mail/code-mail.ts'
import type { Mail } from '../pages/mail/mail-html.tsx'
import type { ChangeKey } from '../pages/texts/en.ts'
import { type AskedChallenge, codeLifetimeMs } from './challenge.ts'

export interface MailedQuestion {
  readonly about: CodeMailProps['about']
  /** The page of the link, below the base path. */
  readonly page: '/verify-email' | '/reset' | '/magic-link'
  readonly linkLifetimeMs: number
}

export function mailChallenge(
  exchange: Exchange,
  to: string,
  { asked, question }: { readonly asked: AskedChallenge; readonly question: MailedQuestion },
): void {
  const link = address(exchange, `${question.page}?token=${asked.token}`)
  const { theme } = exchange.deps.settings.config
  const times = { linkForS: question.linkLifetimeMs / secondMs, codeForS: codeLifetimeMs / secondMs }
  const mail = codeMail({ theme, texts: textsFor(exchange), about: question.about, link, code: asked.code, ...times })
  deliver(exchange, to, { ...mail, idempotencyKey: asked.row.id })
}

/** To the owner of an address that is known already: the answer to whoever signed up is the same. */
export function mailAlreadyRegistered(exchange: Exchange, to: string): void {
  const { theme } = exchange.deps.settings.config
  const mail = alreadyRegisteredMail({ theme, texts: textsFor(exchange), link: address(exchange, '/login') })
  deliver(exchange, to, { ...mail, idempotencyKey: exchange.id })
}

/** To the owner of an account of which something changed that decides who gets in. */
export function mailChanged(exchange: Exchange, to: string, change: ChangeKey): void {
  const { theme } = exchange.deps.settings.config
  const mail = changedMail({ theme, texts: textsFor(exchange), change, link: address(exchange, '/account') })
  deliver(exchange, to, { ...mail, idempotencyKey: exchange.id })
}

function address({ deps }: Exchange, path: string): string {
  return `${deps.publicUrl.origin}${deps.settings.config.basePath}${path}`
}

function deliver(exchange: Exchange, to: string, mail: Mail & { readonly idempotencyKey: string }): void {
  exchange.context.waitUntil(exchange.deps.mail.deliver({ ...mail, to }, auditSource(exchange)))
}
