// The bundle that would be deployed, in production mode, as a platform with more than one thread would run it: passwords are
// hashed by the same Worker in a process of its own.
import type { Lifetime } from './lifetime.ts'
import { freePort } from './ports.ts'
import { type Workerd, type WorkerdOptions, startWorkerd } from './workerd.ts'

export type Production = {
  gateway: Workerd
  hashing: Workerd
}

/** Both end with `lifetime`. The process that hashes can be reached from this machine only. */
export const startProduction = async (
  lifetime: Lifetime,
  { storageDir, isolates, sockets, host, ...options }: WorkerdOptions,
): Promise<Production> => {
  const both = { ...options, bindings: { ...options.bindings, MODE: 'production' } }
  const port = await freePort()
  const hashing = lifetime.own(await startWorkerd({ ...both, sockets: [{ port, entrypoint: 'HashService' }] }))
  const services = { ...options.services, HASH: `127.0.0.1:${port}` }
  const gateway = lifetime.own(await startWorkerd({ ...both, services, storageDir, isolates, sockets, host }))
  return { gateway, hashing }
}
