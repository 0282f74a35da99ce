// Prometheus text (exposition format 0.0.4) of what this isolate knows; closed unless METRICS_TOKEN is set.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Hono } from 'hono'
import { type GatewayEnv, createApp } from '../context.ts'
import type { Deps } from '../deps.ts'
import { GatewayError } from '../errors.ts'
import { databaseMetrics, limitMetrics, messageMetrics, sharedSecretMetrics } from './figures.ts'
import { metricsText } from './prometheus.ts'
import { detectorMetrics, networkMetrics, riskMetrics } from './threat-figures.ts'

export function metrics({
  settings,
  database,
  limits,
  lockouts,
  networks,
  watch,
  risk,
  outbox,
  sharedSecretUses,
}: Deps): Hono<GatewayEnv> {
  const expected = settings.environment.METRICS_TOKEN
  const app = createApp()
  app.get('/metrics', async (context) => {
    if (expected === undefined) throw new GatewayError({ code: 'not_found', reason: 'metrics are off' })
    const given = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1] ?? ''
    if (!isSameSecret(given, expected)) {
      throw new GatewayError({
        code: 'unauthenticated',
        reason: 'metrics token',
        headers: { 'www-authenticate': 'Bearer' },
      })
    }
    // What cannot be asked now is left out: the others are wanted all the more then.
    const messages = messageMetrics(await outbox.figures().catch(() => []))
    const text = metricsText([
      ...databaseMetrics(database),
      ...limitMetrics(limits.tallies(), lockouts.tally()),
      ...messages,
      ...networkMetrics(networks),
      ...detectorMetrics(watch.tallies()),
      ...riskMetrics(risk),
      ...sharedSecretMetrics(sharedSecretUses.tallies()),
    ])
    return context.text(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
  return app
}

/** Digests have one length, so the comparison tells nothing about the secret's. */
function isSameSecret(given: string, expected: string): boolean {
  const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
