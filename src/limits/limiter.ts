// The port to the counting objects: one question a subject, with a bound on the wait.
import { inTime } from '../kit/in-time.ts'
import type { CountedRule } from './counter.ts'
import type { Question, Verdict } from './decide.ts'

/** The part of the limit object that the worker calls. */
export interface LimitShard {
  /** Decides about all rules of a subject at once; one verdict a question, in their order. */
  ask(subject: string, questions: readonly Question[]): Promise<readonly Verdict[]>
  /** Of units that were counted for something that did not happen after all. */
  giveBack(subject: string, rule: CountedRule, units: number): Promise<void>
}

/** Rejects when the object is away, overloaded, or does not answer in time. Never asked twice. */
export type AskLimits = (
  objectName: string,
  subject: string,
  questions: readonly Question[],
) => Promise<readonly Verdict[]>

export type GiveBack = (objectName: string, subject: string, rule: CountedRule, units: number) => Promise<void>

const longestWaitMs = 1000

/** A counter that does not answer in time has not answered. */
export function askedInTime<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  return inTime(longestWaitMs, 'the counter did not answer in time', ask)
}

export function createAskLimits(shard: (objectName: string) => LimitShard): AskLimits {
  return (objectName, subject, questions) => askedInTime(async () => shard(objectName).ask(subject, questions))
}

export function createGiveBack(shard: (objectName: string) => LimitShard): GiveBack {
  return (objectName, subject, rule, units) => askedInTime(async () => shard(objectName).giveBack(subject, rule, units))
}
