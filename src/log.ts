// One JSON line per request that matters. No header, no query, no body: what is not logged cannot leak.
import type { Exchange } from './exchange.ts'

export type Level = 'info' | 'warn' | 'error'

export function log(level: Level, event: string, facts: Readonly<Record<string, string | number | boolean | null>>): void {
  const line = JSON.stringify({ level, event, at: new Date().toISOString(), ...facts })
  if (level === 'error') console.error(line)
  else console.log(line)
}

/** The part of an address that says where a problem is, not whose it is: /64 or /24 are kept for the audit trail alone. */
export function exchangeFacts(exchange: Exchange): Record<string, string | number> {
  return {
    request_id: exchange.id,
    method: exchange.request.method,
    path: withoutSecrets(exchange.target.path),
    ms: exchange.deps.now() - exchange.startedAtMs,
  }
}

/** A segment of 20 or more token characters may be a secret that somebody put into a path. */
export function withoutSecrets(path: string): string {
  return path.slice(0, 512).replace(/[\w-]{20,}/g, '…')
}
