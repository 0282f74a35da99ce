import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'

const idOf = (flag: '-u' | '-g', user: string): number =>
  Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))

/**
 * PostgreSQL refuses to run as root, and initdb wants a user that has a name. Existing users are enough, so nothing is
 * added to the machine; a folder that already has an owner keeps it.
 */
export const postgresUser = (dataDir: string): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  if (existsSync(dataDir)) {
    const { uid, gid } = statSync(dataDir)
    if (uid !== 0) return { uid, gid }
  }
  for (const user of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', user), gid: idOf('-g', user) }
    } catch {
      // Not every machine has both.
    }
  }
  throw new Error(
    'PostgreSQL does not run as root and this machine has neither a user postgres nor nobody; run as an ordinary user.',
  )
}
