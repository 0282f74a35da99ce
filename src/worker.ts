// The entry: hands requests and the clock to the gateway, and gives the objects their names. No logic.
import config from '#gateway.config'
import { auditObject } from './audit/audit-object.ts'
import { openDatabase, openUserObject, scheduledWork, serve } from './start.ts'
import { userObject } from './sessions/user-object.ts'
import { fetchHttpList } from './providers/network-lists/http-list.ts'
import { networkListObject } from './threats/network-lists/network-list-object.ts'

export { LimitObject } from './limits/limit-object.ts'
export { KeySetObject } from './tokens/key-set-object.ts'

export class UserObject extends userObject((env) => openUserObject(env, config)) {}
export class AuditObject extends auditObject((env) => openDatabase(env, config)) {}
export class NetworkListObject extends networkListObject(fetchHttpList) {}

export default {
  fetch: (request, env, context) => serve(request, env, context, config),
  scheduled: ({ cron }, env, context) => context.waitUntil(scheduledWork(env, config, cron)),
} satisfies ExportedHandler<Env>
