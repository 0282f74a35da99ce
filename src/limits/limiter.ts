// The port to the counters: one question to the shard that owns the subject.
import type { Decision, LimitRule } from './window.ts'

/** The part of the limit object that the worker calls. */
export interface LimitShard {
  hit(subject: string, rule: LimitRule): Promise<Decision>
}

export interface Limiter {
  /** Counts a hit. Throws when the counter cannot be asked: what guards credentials and mails stays closed. */
  hit(subject: string, rule: LimitRule): Promise<Decision>
}

const limitShards = 64

export function createLimiter(shard: (name: string) => LimitShard): Limiter {
  return { hit: (subject, rule) => shard(`limit:all:${hashOf(subject) % limitShards}`).hit(subject, rule) }
}

/** FNV-1a: spreads subjects; an attacker who aims at a shard meets only his own counters more slowly. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
