// `/healthz`: the worker runs. `/readyz`: it could let somebody in. Answered before everything else, exact paths only.
import type { Database } from '../db/database.ts'
import { requestWaitMs } from '../db/wait-budget.ts'
import { isSchemaBehind, migrationNames } from '../db/migrations.ts'
import { countMissingMigrations, missingMigrations } from '../db/queries/applied-migrations.ts'
import { isPath } from '../access/request-path.ts'

type Readiness = 'ready' | 'misconfigured' | 'database_unavailable' | 'schema_behind'

export type HealthQuestion = 'alive' | 'ready'

/** Asked of every request, so it must not wait. */
export function healthQuestion({ url }: Request): HealthQuestion | null {
  if (isPath(url, '/healthz')) return 'alive'
  return isPath(url, '/readyz') ? 'ready' : null
}

/** `openDatabase` is null while the settings are wrong. */
export async function answerHealth(
  question: HealthQuestion,
  openDatabase: (() => Database) | null,
  bypassUntilMs: number | undefined,
): Promise<Response> {
  if (question === 'alive') return answer(200, { status: 'alive' })
  const code = await readiness(openDatabase)
  const isBypassed = bypassUntilMs !== undefined && Date.now() < bypassUntilMs
  const bypass = isBypassed ? { bypass_until: new Date(bypassUntilMs).toISOString() } : {}
  return answer(code === 'ready' ? 200 : 503, { status: code === 'ready' ? 'ready' : 'not ready', code, ...bypass })
}

async function readiness(openDatabase: (() => Database) | null): Promise<Readiness> {
  if (openDatabase === null) return 'misconfigured'
  try {
    const database = openDatabase().within({ leftMs: requestWaitMs })
    const [row] = await database.read(countMissingMigrations(migrationNames))
    return missingMigrations(row) === 0 ? 'ready' : 'schema_behind'
  } catch (error) {
    return isSchemaBehind(error) ? 'schema_behind' : 'database_unavailable'
  }
}

function answer(status: number, body: Readonly<Record<string, string>>): Response {
  return Response.json(body, {
    status,
    headers: {
      'cache-control': 'no-store',
      'x-portcullis-response': body['code'] ?? 'ok',
      'x-request-id': crypto.randomUUID(),
    },
  })
}
