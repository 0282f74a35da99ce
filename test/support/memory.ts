// How large a process is, and how much larger it became while something ran.
import { readFileSync } from 'node:fs'

export const megabyte = 1024 * 1024

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

/** The most it was at any time while `run` ran, over what it was before. */
export async function growthDuring(pid: number, run: () => Promise<void>): Promise<{ before: number; growth: number }> {
  const before = residentBytes(pid)
  let most = before
  const timer = setInterval(() => (most = Math.max(most, residentBytes(pid))), 25)
  await run().finally(() => clearInterval(timer))
  return { before, growth: Math.max(most, residentBytes(pid)) - before }
}
