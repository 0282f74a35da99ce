// Keeps the measured servers on one core and all else on the other, so that neither takes time from the other unseen.
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'

const pin = (pid: number, cores: string): boolean => {
  try {
    execFileSync('taskset', ['-a', '-c', '-p', cores, String(pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const cores = cpus().length
let isLoadPinned = false

/**
 * This process with all its threads, and with it every child that is started from now on. False where it cannot be done:
 * without taskset, or on a machine with a single core.
 */
export const pinLoad = (): boolean => (isLoadPinned = cores > 1 && pin(process.pid, `1-${cores - 1}`))

/** Does nothing where the load goes where it likes. */
export const pinServer = (pid: number): boolean => isLoadPinned && pin(pid, '0')
