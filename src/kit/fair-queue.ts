/**
 * A queue that is shared fairly: whoever stands in it with many items waits behind whoever stands there with one, and a
 * full queue makes room at the cost of the longest line. So a flood from one side is what a flood costs.
 */
export class FairQueue<Item> {
  /** In the order in which their owners are served. */
  readonly #lines = new Map<string, Item[]>()
  readonly #capacity: number
  #size = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#size
  }

  /** What has no place any more: null, this item, or the last one of the longest line. */
  add(owner: string, item: Item): Item | null {
    const pushedOut = this.#size < this.#capacity ? null : this.#makeRoom(owner)
    if (pushedOut === undefined) return item
    const line = this.#lines.get(owner)
    if (line === undefined) this.#lines.set(owner, [item])
    else line.push(item)
    this.#size += 1
    return pushedOut
  }

  /** The next owner's oldest item; the owner goes to the end. */
  take(): Item | undefined {
    for (const [owner, line] of this.#lines) {
      const item = line.shift()
      this.#lines.delete(owner)
      if (line.length > 0) this.#lines.set(owner, line)
      this.#size -= 1
      return item
    }
    return undefined
  }

  /** Undefined when nobody stands in a longer line than this owner would. */
  #makeRoom(owner: string): Item | undefined {
    let longest: [string, Item[]] | undefined
    for (const entry of this.#lines) if (entry[1].length > (longest?.[1].length ?? 0)) longest = entry
    if (longest === undefined || longest[1].length <= (this.#lines.get(owner)?.length ?? 0) + 1) return undefined
    const item = longest[1].pop()
    this.#size -= 1
    return item
  }
}
