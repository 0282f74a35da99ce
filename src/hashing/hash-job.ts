// What is asked of a place that hashes passwords, and what it answers. Plain data, as it travels to an object or a service.

export type HashJob =
  | { readonly kind: 'hash'; readonly password: string }
  | { readonly kind: 'verify'; readonly password: string; readonly stored: string }
  | { readonly kind: 'verify-nothing'; readonly password: string }

export type HashAnswer =
  | { readonly kind: 'hashed'; readonly hash: string }
  | { readonly kind: 'compared'; readonly isRight: boolean; readonly needsRehash: boolean }
  /** Too many wait already. */
  | { readonly kind: 'busy' }

/**
 * How sure it is that whoever waits is no attacker, in the order in which they are served: somebody who has proven
 * something (a session, a device of this account), somebody from where people are signed in, anybody.
 */
export const standings = ['proven', 'neighbour', 'stranger'] as const
export type Standing = (typeof standings)[number]

/** Who waits: among those of one standing the queue is shared fairly among networks. */
export interface Waiter {
  readonly network: string
  readonly standing: Standing
}

export interface HashPlace {
  run(waiter: Waiter, job: HashJob): Promise<HashAnswer>
}
