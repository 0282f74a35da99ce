// Mails the question. Links are built from the configured address of the site, never from the request.
import { type Exchange, auditSource } from '../../exchange.ts'
import { secondMs } from '../../kit/duration.ts'
import { alreadyRegisteredMail } from '../../pages/mail/already-registered-mail.ts'
import { verificationMail } from '../../pages/mail/verification-mail.ts'
import { en } from '../../pages/texts/en.ts'
import { type AskedChallenge, codeLifetimeMs, linkLifetimeMs } from './challenge.ts'

export function mailVerification(exchange: Exchange, to: string, asked: AskedChallenge): void {
  const { theme, basePath } = exchange.deps.settings.config
  const link = `${exchange.deps.publicUrl.origin}${basePath}/verify-email?token=${asked.token}`
  const times = { linkForS: linkLifetimeMs / secondMs, codeForS: codeLifetimeMs / secondMs }
  const mail = verificationMail({ theme, texts: en, link, code: asked.code, ...times })
  deliver(exchange, to, { ...mail, idempotencyKey: asked.row.id })
}

/** To the owner of an address that is known already: the answer to whoever signed up is the same. */
export function mailAlreadyRegistered(exchange: Exchange, to: string): void {
  const { theme, basePath } = exchange.deps.settings.config
  const mail = alreadyRegisteredMail({ theme, texts: en, link: `${exchange.deps.publicUrl.origin}${basePath}/login` })
  deliver(exchange, to, { ...mail, idempotencyKey: exchange.id })
}

function deliver(
  exchange: Exchange,
  to: string,
  mail: { subject: string; text: string; html: string; idempotencyKey: string },
): void {
  exchange.context.waitUntil(exchange.deps.mail.deliver({ ...mail, to }, auditSource(exchange)))
}
