// What a user object remembers of its own changes, so that an isolate which holds many of its sessions can ask "what
// happened since?" in one question instead of asking about each of them. Pure: no clock, no storage.

/** A place in the log of one life of an object: an object that started anew has another epoch and no memory. */
export interface LogPosition {
  readonly epoch: string
  readonly version: number
}

export interface Changes extends LogPosition {
  /** Of whom nothing may be assumed any more, or null for everybody: the log does not reach back so far. */
  readonly userIds: readonly string[] | null
}

/** An isolate asks twice a second; whoever missed more than this asks about each session again. */
const changesKept = 1000

export class ChangeLog {
  readonly #epoch: string
  readonly #userIds: string[] = []
  #version = 0

  /** @param epoch never used before by an object of this name. */
  constructor(epoch: string) {
    this.#epoch = epoch
  }

  get position(): LogPosition {
    return { epoch: this.#epoch, version: this.#version }
  }

  /** Whether something happened to them, as far back as is remembered. */
  names(userId: string): boolean {
    return this.#version > this.#userIds.length || this.#userIds.includes(userId)
  }

  /** Before anything is awaited: an answer given after a change must know of it. */
  note(userId: string): void {
    this.#version += 1
    this.#userIds.push(userId)
    if (this.#userIds.length > changesKept) this.#userIds.shift()
  }

  since({ epoch, version }: LogPosition): Changes {
    const missed = this.#version - version
    const isKnown = epoch === this.#epoch && missed >= 0 && missed <= this.#userIds.length
    const userIds = isKnown ? [...new Set(this.#userIds.slice(this.#userIds.length - missed))] : null
    return { ...this.position, userIds }
  }
}
