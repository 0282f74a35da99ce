// Every kind of event the trail knows: named noun.past-tense, with its outcome.
export const auditEvents = {
  'user.created': { outcome: 'success' },
  'email.verified': { outcome: 'success' },
  'login.succeeded': { outcome: 'success' },
  'login.paused': { outcome: 'success' },
  'login.failed': { outcome: 'failure' },
  'login.limited': { outcome: 'failure' },
  'password.reset-asked': { outcome: 'success' },
  'password.reset': { outcome: 'success' },
  'password.changed': { outcome: 'success' },
  'magic-link.sent': { outcome: 'success' },
  'factor.added': { outcome: 'success' },
  'factor.removed': { outcome: 'success' },
  'factor.failed': { outcome: 'failure' },
  'factor.locked': { outcome: 'failure' },
  'backup-codes.reissued': { outcome: 'success' },
  'password.rehashed': { outcome: 'success' },
  'breach-list.failed': { outcome: 'failure' },
  'session.rotated': { outcome: 'success' },
  'session.ended': { outcome: 'success' },
  'session.replayed': { outcome: 'failure' },
  'challenge.failed': { outcome: 'failure' },
  'access.denied': { outcome: 'failure' },
  'csrf.refused': { outcome: 'failure' },
  'mail.failed': { outcome: 'failure' },
} as const satisfies Record<string, { readonly outcome: 'success' | 'failure' }>

export type AuditEventType = keyof typeof auditEvents
