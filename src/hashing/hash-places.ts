// Where passwords are hashed: in one of a few objects near the client, or by a service that the site has bound.
import { hashOf } from '../kit/hash.ts'
import { inTime } from '../kit/in-time.ts'
import type { PasswordHasher } from '../login/password/hasher.ts'
import type { HashAnswer, HashJob, HashPlace, Waiter } from './hash-job.ts'

/** Who asks for a hash, and from where. */
export interface HashOwner extends Waiter {
  /** Continent by the platform's code. */
  readonly continent: string | null
}

/** `failure` makes what is thrown when a password cannot be hashed in time: too many wait, or the place is away. */
export type Hashing = (owner: HashOwner, failure: (reason: string, cause?: unknown) => Error) => PasswordHasher

/** Longer than a full queue takes, unless something is wrong. */
const longestWaitMs = 5000

/**
 * `places` is how many objects a continent has. All of a network go to one of them, so that a flood from one side finds
 * one queue and not all.
 */
export function createHashing(placeCalled: (name: string) => HashPlace, places: number): Hashing {
  return ({ network, standing, continent }, failure) => {
    const name = `hash:${continent?.toLowerCase() ?? 'xx'}:${hashOf(network) % places}`
    return hasherAt((job) => placeCalled(name).run({ network, standing }, job), failure)
  }
}

function hasherAt(ask: (job: HashJob) => Promise<HashAnswer>, failure: Parameters<Hashing>[1]): PasswordHasher {
  const run = async (job: HashJob): Promise<Exclude<HashAnswer, { kind: 'busy' }>> => {
    const answer = await inTime(longestWaitMs, 'hashing did not end in time', () => ask(job)).catch(
      (cause: unknown) => {
        throw failure('passwords cannot be hashed', cause)
      },
    )
    if (answer.kind === 'busy') throw failure('too many passwords wait to be hashed')
    return answer
  }
  const compared = async (job: HashJob) => {
    const answer = await run(job)
    if (answer.kind !== 'compared') throw new TypeError(`a comparison was answered by ${answer.kind}`)
    return { isRight: answer.isRight, needsRehash: answer.needsRehash }
  }
  return {
    async hash(password) {
      const answer = await run({ kind: 'hash', password })
      if (answer.kind !== 'hashed') throw new TypeError(`a password was answered by ${answer.kind}`)
      return answer.hash
    },
    verify: (stored, password) => compared({ kind: 'verify', stored, password }),
    async verifyNothing(password) {
      await compared({ kind: 'verify-nothing', password })
    },
  }
}
