// What a log line may say of a request.
import type { Exchange } from './exchange.ts'

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
function withoutSecrets(path: string): string {
  return path.slice(0, 512).replace(/[\w-]{20,}/g, '…')
}
