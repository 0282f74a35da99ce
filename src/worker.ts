// The entry: hands requests and the clock to the gateway, and gives the objects their names. No logic.
import config from '#gateway.config'
import { auditObject } from './audit/audit-object.ts'
import { WorkerEntrypoint } from 'cloudflare:workers'
import { hashObject } from './hashing/hash-object.ts'
import { openDatabase, openHashParts, openUserObject, scheduledWork, serve, serveHashes } from './start.ts'
import { userObject } from './sessions/user-object.ts'

export { LimitObject } from './limits/limit-object.ts'
export { KeySetObject } from './tokens/key-set-object.ts'

export class UserObject extends userObject((env) => openUserObject(env, config)) {}
export class AuditObject extends auditObject((env) => openDatabase(env, config)) {}

export class HashObject extends hashObject((env) => openHashParts(env, config)) {}

/** For a gateway that has its passwords hashed by another deployment of this Worker. */
export class HashService extends WorkerEntrypoint<Env> {
  override fetch(request: Request): Promise<Response> {
    return serveHashes(request, this.env, config)
  }
}

export default {
  fetch: (request, env, context) => serve(request, env, context, config),
  scheduled: (_, env, context) => context.waitUntil(scheduledWork(env, config)),
} satisfies ExportedHandler<Env>
