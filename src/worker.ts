// The entry: hands requests and the clock to the gateway, and gives the objects their names. No logic.
import config from '#gateway.config'
import { auditObject } from './audit/audit-object.ts'
import { WorkerEntrypoint } from 'cloudflare:workers'
import { hashObject } from './hashing/hash-object.ts'
import { outboxObject } from './outbox/outbox-object.ts'
import {
  openDatabase,
  openHashParts,
  openOutboxObject,
  openUserObject,
  scheduledWork,
  serve,
  serveHashes,
} from './start.ts'
import { userObject } from './sessions/user-object.ts'
import { fetchHttpList } from './providers/network-lists/http-list.ts'
import { networkListObject } from './threats/network-lists/network-list-object.ts'

export { LimitObject } from './limits/limit-object.ts'
export { KeySetObject } from './tokens/key-set-object.ts'

export class UserObject extends userObject((env) => openUserObject(env, config)) {}
export class AuditObject extends auditObject((env) => openDatabase(env, config)) {}
export class NetworkListObject extends networkListObject(fetchHttpList) {}
export class OutboxObject extends outboxObject((env) => openOutboxObject(env, config)) {}

export class HashObject extends hashObject((env) => openHashParts(env, config)) {}

/** For a gateway that has its passwords hashed by another deployment of this Worker. */
export class HashService extends WorkerEntrypoint<Env> {
  override fetch(request: Request): Promise<Response> {
    return serveHashes(request, this.env, config)
  }
}

export default {
  fetch: (request, env, context) => serve(request, env, context, config),
  scheduled: ({ cron }, env, context) => context.waitUntil(scheduledWork(env, config, cron)),
} satisfies ExportedHandler<Env>
