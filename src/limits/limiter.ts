// The port to the counting objects: one question a subject, with a bound on the wait.
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

export function createAskLimits(shard: (objectName: string) => LimitShard): AskLimits {
  return (objectName, subject, questions) => inTime(async () => shard(objectName).ask(subject, questions))
}

export function createGiveBack(shard: (objectName: string) => LimitShard): GiveBack {
  return (objectName, subject, rule, units) => inTime(async () => shard(objectName).giveBack(subject, rule, units))
}

/** What is not answered in time is answered by nobody. */
export async function inTime<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(new Error('the counter did not answer in time')), longestWaitMs)
  })
  try {
    return await Promise.race([ask(), tooLate])
  } finally {
    clearTimeout(timer)
  }
}
