// Every kind of event the trail knows: named noun.past-tense, with its outcome.
export const auditEvents = {
  'user.created': { outcome: 'success' },
  'email.verified': { outcome: 'success' },
  'login.succeeded': { outcome: 'success' },
  'login.failed': { outcome: 'failure' },
  'login.limited': { outcome: 'failure' },
  'password.rehashed': { outcome: 'success' },
  'session.rotated': { outcome: 'success' },
  'session.ended': { outcome: 'success' },
  'session.replayed': { outcome: 'failure' },
  'session.refreshed': { outcome: 'success' },
  'refresh.replayed': { outcome: 'failure' },
  'refresh.failed': { outcome: 'failure' },
  'code.issued': { outcome: 'success' },
  'code.redeemed': { outcome: 'success' },
  'code.refused': { outcome: 'failure' },
  'code.replayed': { outcome: 'failure' },
  'consent.given': { outcome: 'success' },
  'client.added': { outcome: 'success' },
  'client.removed': { outcome: 'success' },
  'challenge.failed': { outcome: 'failure' },
  'access.denied': { outcome: 'failure' },
  'csrf.refused': { outcome: 'failure' },
  'mail.failed': { outcome: 'failure' },
} as const satisfies Record<string, { readonly outcome: 'success' | 'failure' }>

export type AuditEventType = keyof typeof auditEvents
