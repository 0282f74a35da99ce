// Checks the configuration once per isolate and, while it is wrong, keeps everything closed and says what would be right.
import type { ConfigProblem } from './config/problems.ts'
import { type Settings, parseSettings } from './config/settings.ts'
import type { Database } from './db/database.ts'
import {
  type Deps,
  createDatabase,
  createDeps,
  hashParts,
  hashPlace,
  logoutNotices,
  longestTokenMs,
  outboxParts,
  refreshKeysOf,
  sealedTexts,
  userObjectPolicy,
} from './deps.ts'
import { problemResponse } from './errors.ts'
import type { HashParts } from './hashing/hash-object.ts'
import { answerHashing } from './hashing/hash-service.ts'
import { type Gateway, createGateway } from './gateway.ts'
import { hashOf } from './kit/hash.ts'
import type { Result } from './kit/result.ts'
import { log } from './log.ts'
import { resealSecrets } from './tokens/reseal-secrets.ts'
import { answerHealth, healthQuestion } from './monitor/health.ts'
import type { OutboxParts } from './outbox/outbox-object.ts'
import { cleanUp } from './sessions/clean-up.ts'
import { refreshNetworkLists } from './threat-deps.ts'
import { reportSharedSecretUses } from './tokens/shared-secret-uses.ts'
import type { UserObjectParts } from './sessions/user-object.ts'

type Started = { readonly deps: Deps; readonly gateway: Gateway }

let settings: Result<Settings, readonly ConfigProblem[]> | undefined
let started: Started | undefined

function readSettings(env: Env, config: unknown): Result<Settings, readonly ConfigProblem[]> {
  if (settings !== undefined) return settings
  // The names of secrets come from the settings, so that no generated type has them; each value is validated there.
  settings = parseSettings(config, env as unknown as Readonly<Record<string, unknown>>)
  if (!settings.ok) {
    for (const problem of settings.problem) log('error', 'configuration is wrong', { ...problem })
  }
  return settings
}

export async function serve(request: Request, env: Env, context: ExecutionContext, config: unknown): Promise<Response> {
  const read = readSettings(env, config)
  const asked = healthQuestion(request)
  if (asked !== null) {
    const bypassUntilMs = read.ok ? read.value.environment.BYPASS_UNTIL : undefined
    return answerHealth(asked, read.ok ? () => createDatabase(read.value) : null, bypassUntilMs)
  }
  if (!read.ok) return problemResponse({ code: 'misconfigured', reason: 'configuration' }, crypto.randomUUID())
  started ??= start(env, read.value)
  return started.gateway(request, context)
}

function start(env: Env, from: Settings): Started {
  const deps = createDeps(env, from)
  return { deps, gateway: createGateway(deps) }
}

/** Of wrangler.toml; whatever else triggers is the daily work. */
const listsCron = '17 * * * *'

export async function scheduledWork(env: Env, config: unknown, cron: string): Promise<void> {
  const read = readSettings(env, config)
  if (!read.ok) return
  if (cron === listsCron) return refreshNetworkLists(env, read.value)
  const database = createDatabase(read.value)
  await cleanUp(database, read.value.config.accounts)
  // What an object was about to deliver when it was stopped.
  await logoutNotices(read.value, database)?.deliver()
  await reportSharedSecretUses(database)
  const sealed = await resealSecrets(database, sealedTexts(read.value))
  if (sealed.resealed > 0 || sealed.left > 0) log('info', 'secrets sealed anew', { ...sealed })
}

function required(env: Env, config: unknown): Settings {
  const read = readSettings(env, config)
  if (!read.ok) throw new Error('the configuration is wrong; the log names the fields')
  return read.value
}

export function openHashParts(env: Env, config: unknown): HashParts {
  return hashParts(required(env, config))
}

export function serveHashes(request: Request, env: Env, config: unknown): Promise<Response> {
  const { places } = required(env, config).config.login.hashing
  return answerHashing(request, (owner) => hashPlace(env, `hash:service:${hashOf(owner) % places}`))
}

export function openDatabase(env: Env, config: unknown): Database {
  return createDatabase(required(env, config))
}

export function openOutboxObject(env: Env, config: unknown): OutboxParts {
  return outboxParts(env, required(env, config))
}

export function openUserObject(env: Env, config: unknown): UserObjectParts {
  const from = required(env, config)
  const database = createDatabase(from)
  const notices = logoutNotices(from, database)
  const [policy, refreshKeys] = [userObjectPolicy(from), refreshKeysOf(from)]
  return { database, policy, refreshKeys, longestTokenMs: longestTokenMs(from), notices }
}
