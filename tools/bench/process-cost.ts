// What a process has cost so far, from Linux's own books.
import { readFileSync, readdirSync } from 'node:fs'

/** Nanoseconds on a processor, over all threads, or null where the system does not say. */
export const cpuNs = (pid: number): number | null => {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.reduce(
      (sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
      0,
    )
  } catch {
    return null
  }
}

export const residentMb = (pid: number): number | null => {
  try {
    const kb = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kb === undefined ? null : Number(kb) / 1024
  } catch {
    return null
  }
}
