// Hands on what a request showed of whoever sent it, to be added up for an address, its network, an account or a number.
// Nothing waits for it, so that it shows in no answer and in no answer's time.
import type { Finding } from './threats/detectors/detectors.ts'
import type { SightingKind } from './threats/detectors/evidence.ts'
import type { RecordFinding } from './threats/watch.ts'
import { type Exchange, auditSource } from './exchange.ts'

/** `about`: an account, mailbox, number or token; hashed before it is told. */
export function sighted(exchange: Exchange, kind: SightingKind, about: string): void {
  const { deps, client, context } = exchange
  const { watch, watched } = deps
  const places = watched.places(client)
  const sighting = { kind, about: watched.hashOf(about) }
  if (kind === 'refused') {
    context.waitUntil(watch.sawOften(places, sighting, recorder(exchange)))
    return
  }
  context.waitUntil(watch.saw(places, sighting, recorder(exchange)))
  const subject = watched.subject(kind, about)
  const network = watched.network(client)
  if (subject === null || network === null) return
  // Of an account or a number what counts is from how many places.
  context.waitUntil(watch.saw([subject], { kind, about: watched.hashOf(network.key) }, recorder(exchange)))
}

function recorder(exchange: Exchange): RecordFinding {
  return async (finding, { kind, isEnforced }) => {
    const details = { ...facts(finding), subject: kind, enforced: isEnforced }
    await exchange.deps.audit.record('threat.detected', auditSource(exchange), { reason: finding.type, details })
  }
}

function facts({ confidence, recommendedAction, indicators }: Finding): Readonly<Record<string, string | number>> {
  return { confidence: Math.round(confidence * 100) / 100, recommended_action: recommendedAction, ...indicators }
}
