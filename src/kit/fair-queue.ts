/**
 * A queue that is shared fairly: whoever stands in it with many items waits behind whoever stands there with one, and a
 * full queue makes room at the cost of the longest line. So a flood from one side is what a flood costs. Items of a lower
 * rank go before all of a higher one, and are never what makes room for those.
 */
export class FairQueue<Item> {
  /** By rank; in it, owners in the order in which they are served. */
  readonly #ranks: Map<string, Item[]>[] = []
  readonly #capacity: number
  #size = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#size
  }

  /** The rank of what is next; infinite when nothing is. */
  get nextRank(): number {
    const rank = this.#ranks.findIndex((lines) => lines.size > 0)
    return rank === -1 ? Number.POSITIVE_INFINITY : rank
  }

  /** What has no place any more: null, this item, or the last one of the longest line. */
  add(owner: string, item: Item, rank = 0): Item | null {
    const pushedOut = this.#size < this.#capacity ? null : this.#makeRoom(owner, rank)
    if (pushedOut === undefined) return item
    const lines = this.#lines(rank)
    const line = lines.get(owner)
    if (line === undefined) lines.set(owner, [item])
    else line.push(item)
    this.#size += 1
    return pushedOut
  }

  /** The next owner's oldest item; the owner goes to the end. */
  take(): Item | undefined {
    const lines = this.#ranks.find(({ size }) => size > 0)
    if (lines === undefined) return undefined
    for (const [owner, line] of lines) {
      const item = line.shift()
      lines.delete(owner)
      if (line.length > 0) lines.set(owner, line)
      this.#size -= 1
      return item
    }
    return undefined
  }

  #lines(rank: number): Map<string, Item[]> {
    while (this.#ranks.length <= rank) this.#ranks.push(new Map())
    return this.#ranks[rank] ?? new Map<string, Item[]>()
  }

  /** Undefined when nobody ranks higher, nor stands in a longer line of this rank than this owner would. */
  #makeRoom(owner: string, rank: number): Item | undefined {
    const last = this.#ranks.findLastIndex(({ size }) => size > 0)
    if (last < rank) return undefined
    const lines = this.#lines(last)
    let longest: [string, Item[]] | undefined
    for (const entry of lines) if (entry[1].length > (longest?.[1].length ?? 0)) longest = entry
    if (longest === undefined) return undefined
    const [whose, line] = longest
    if (last === rank && line.length <= (lines.get(owner)?.length ?? 0) + 1) return undefined
    const item = line.pop()
    if (line.length === 0) lines.delete(whose)
    this.#size -= 1
    return item
  }
}
