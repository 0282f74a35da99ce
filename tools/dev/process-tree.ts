import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * State, parent and so on; the command name before them may hold spaces and brackets, so count from its closing
 * bracket.
 */
const fieldsOf = (pid: number | string): string[] => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

const parents = (): Map<number, number> => {
  const found = new Map<number, number>()
  if (process.platform === 'linux') {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      try {
        found.set(Number(name), Number(fieldsOf(name)[1]))
      } catch {
        // It ended while we were reading.
      }
    }
    return found
  }
  for (const line of execFileSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' }).split('\n')) {
    const [pid, parent] = line.trim().split(/\s+/)
    if (pid && parent) found.set(Number(pid), Number(parent))
  }
  return found
}

export const descendants = (pid: number): number[] => {
  const all = parents()
  const below = (of: number): number[] =>
    [...all].filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)])
  return below(pid)
}

/** A dead process whose parent has not yet taken note of it (a zombie) holds nothing any more, so it counts as gone. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || fieldsOf(pid)[0] !== 'Z'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
