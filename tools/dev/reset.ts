import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { clearStaleLock } from './postgres.ts'

/** Only what these tools keep there: PORTCULLIS_DATA may name a folder that holds other things too. */
const ours = /^(?:postgres|postgres\.new|mail\.json|secrets\.json|bundle|bundle-production|objects(?:-[0-9a-f]{12})?)$/

/** Forgets every account, session, mail and secret of development. */
export const reset = async (dataDir: string): Promise<void> => {
  await clearStaleLock(join(dataDir, 'postgres'))
  for (const name of existsSync(dataDir) ? readdirSync(dataDir) : []) {
    if (ours.test(name)) rmSync(join(dataDir, name), { recursive: true, force: true })
  }
}
