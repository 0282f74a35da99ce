/**
 * A map that cannot grow without end: beyond `capacity` the oldest insertion goes. Insertion order rather than use
 * order, because a use-ordered map pays a delete and an insert on every read of the hot path, and every entry here
 * expires within seconds anyway.
 */
export class BoundedMap<Key, Value> {
  readonly #entries = new Map<Key, Value>()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#capacity) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  delete(key: Key): void {
    this.#entries.delete(key)
  }

  values(): IterableIterator<Value> {
    return this.#entries.values()
  }

  entries(): IterableIterator<[Key, Value]> {
    return this.#entries.entries()
  }
}
