import { existsSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/**
 * Calls `changed` once after each burst of changes. Files are watched through their folder: many editors replace a file
 * instead of writing into it, and a watch on the file itself would end there.
 */
export const watchFiles = (
  { folders, files }: { folders: string[]; files: string[] },
  changed: () => void,
): { stop(): Promise<void> } => {
  let timer: NodeJS.Timeout | undefined
  const soon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(changed, 60)
  }
  const byFolder = Map.groupBy(files, dirname)
  const watchers = [
    ...folders.filter(existsSync).map((folder) => watch(folder, { recursive: true }, soon)),
    ...[...byFolder].map(([folder, inIt]) => {
      const names = new Set(inIt.map((file) => basename(file)))
      return watch(folder, (_event, name) => {
        if (name !== null && names.has(name)) soon()
      })
    }),
  ]
  for (const watcher of watchers) watcher.on('error', () => {})
  return {
    stop: () => {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
      return Promise.resolve()
    },
  }
}
