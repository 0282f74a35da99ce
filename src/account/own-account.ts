// What people do with their account as a whole: see and change what is known of them, take it along, end it.
import { auditRow } from '../audit/record.ts'
import {
  type OwnAccount,
  deleteAccount,
  exportAccount,
  findOwnAccount,
  ownAccount,
  rename as renameStatement,
} from '../db/queries/own-account.ts'
import { text } from '../db/values.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import { requireRecentSignIn } from '../forms/require-recent.ts'
import { requireSignedIn } from '../forms/require-session.ts'
import { textsFor } from '../language.ts'
import { changedMail } from '../pages/mail/changed-mail.ts'
import { postNotice } from '../post-message.ts'
import { endByObject } from '../sessions/end-presented.ts'
import { clearedCookie, csrfCookieName, sessionCookieName } from '../sessions/cookie.ts'

export async function findOwn(exchange: Exchange): Promise<OwnAccount> {
  const { userId } = requireSignedIn(exchange)
  const [row] = await exchange.database.read(findOwnAccount(userId))
  if (row === undefined) throw gone()
  return ownAccount(row)
}

/** Sites hear of it within three minutes, when the person's sessions are next read from the record. */
export async function rename(exchange: Exchange, name: string | null): Promise<OwnAccount> {
  const { userId, sessionId } = requireSignedIn(exchange)
  const facts = { userId, sessionId, details: { fields: 'name' } }
  const audit = auditRow('user.changed', auditSource(exchange), facts, exchange.deps.now())
  const [row] = await exchange.database.write(renameStatement(userId, name, audit))
  if (row === undefined) throw gone()
  return ownAccount(row)
}

/** A JSON document. It says where somebody was and when, so a session alone is not enough for it. */
export async function exportOwn(exchange: Exchange): Promise<string> {
  const { userId, sessionId } = requireRecentSignIn(exchange, { aal: 1 })
  const [row] = await exchange.database.read(exportAccount(userId))
  if (row === undefined) throw gone()
  await exchange.deps.audit.record('user.exported', auditSource(exchange), { userId, sessionId })
  return text(row, 'document')
}

/** Ends the account and, everywhere, what it had open. */
export async function deleteOwn(exchange: Exchange): Promise<void> {
  const { userId, sessionId, shard, email } = requireRecentSignIn(exchange, { aal: 1 })
  const [source, nowMs] = [auditSource(exchange), exchange.deps.now()]
  const deleted = auditRow('user.deleted', source, { userId, sessionId, reason: 'by its owner' }, nowMs)
  const rows = await exchange.database.write(deleteAccount(userId, userId, deleted))
  if (rows.length === 0) throw gone()
  const reason = 'account deleted'
  const audit = auditRow('session.ended', source, { userId, reason, details: { scope: 'all' } }, nowMs)
  const which = { kind: 'all', beforeMs: nowMs, exceptId: null } as const
  await endByObject(exchange, shard, { userId, which, reason, audit })
  for (const name of [sessionCookieName, csrfCookieName] as const) exchange.setCookies.push(clearedCookie(name))
  await tellOwner(exchange, email)
}

/** Whoever held somebody else's session cannot keep this from the owner. */
function tellOwner(exchange: Exchange, to: string): Promise<void> {
  const { deps } = exchange
  const { theme, basePath } = deps.settings.config
  const link = `${deps.publicUrl.origin}${basePath}/signup`
  const mail = changedMail({ theme, texts: textsFor(exchange), change: 'account_deleted', link })
  return postNotice(exchange, { ...mail, to })
}

function gone(): GatewayError {
  return new GatewayError(reject('unauthenticated', 'account gone'))
}
