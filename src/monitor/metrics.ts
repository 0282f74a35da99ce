// Prometheus text (exposition format 0.0.4) of what this isolate knows; closed unless METRICS_TOKEN is set.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Hono } from 'hono'
import { type GatewayEnv, createApp } from '../context.ts'
import type { Deps } from '../deps.ts'
import { GatewayError } from '../errors.ts'

export function metrics({ settings, database }: Deps): Hono<GatewayEnv> {
  const expected = settings.environment.METRICS_TOKEN
  const app = createApp()
  app.get('/metrics', (context) => {
    if (expected === undefined) throw new GatewayError({ code: 'not_found', reason: 'metrics are off' })
    const given = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1] ?? ''
    if (!isSameSecret(given, expected)) {
      throw new GatewayError({
        code: 'unauthenticated',
        reason: 'metrics token',
        headers: { 'www-authenticate': 'Bearer' },
      })
    }
    const { state, inFlight, queries, failures, totalMs } = database.health()
    const rows: readonly (readonly [string, 'counter' | 'gauge', number])[] = [
      ['portcullis_database_queries_total', 'counter', queries],
      ['portcullis_database_failures_total', 'counter', failures],
      ['portcullis_database_seconds_total', 'counter', totalMs / 1000],
      ['portcullis_database_in_flight', 'gauge', inFlight],
      ['portcullis_database_breaker_open', 'gauge', state === 'closed' ? 0 : 1],
    ]
    const text = rows.map(([name, type, value]) => `# TYPE ${name} ${type}\n${name} ${value}\n`).join('')
    return context.text(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
  return app
}

/** Digests have one length, so the comparison tells nothing about the secret's. */
function isSameSecret(given: string, expected: string): boolean {
  const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
