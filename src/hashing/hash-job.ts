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

/** `owner` is who waits: the queue is shared fairly among owners. */
export interface HashPlace {
  run(owner: string, job: HashJob): Promise<HashAnswer>
}
