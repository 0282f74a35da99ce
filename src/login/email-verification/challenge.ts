// The question whether a mailbox is the account's own.
import type { Exchange } from '../../exchange.ts'
import { hourMs } from '../../kit/duration.ts'
import { type AskedChallenge, newChallenge } from '../challenge.ts'
import { type MailedQuestion, mailChallenge } from '../mail.ts'

const question: MailedQuestion = { about: 'verification', page: '/verify-email', linkLifetimeMs: 24 * hourMs }

export function newVerification(
  exchange: Exchange,
  facts: { readonly passwordHash: string | null; readonly returnTo: string | null },
): AskedChallenge {
  return newChallenge(exchange, {
    purpose: 'verify-email',
    linkLifetimeMs: question.linkLifetimeMs,
    ...facts,
  })
}

export function mailVerification(exchange: Exchange, to: string | null, asked: AskedChallenge): Promise<void> {
  return mailChallenge(exchange, to, { asked, question })
}
