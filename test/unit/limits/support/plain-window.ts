// The plain reference: a list of when something passed, looked through from end to end every time.

export class PlainWindow {
  readonly #limit: number
  readonly #windowMs: number
  #passed: { atMs: number; units: number }[] = []

  constructor(limit: number, windowMs: number) {
    this.#limit = limit
    this.#windowMs = windowMs
  }

  /** What lies in the future happened before a clock was set back. */
  settle(nowMs: number): void {
    this.#passed = this.#passed.map((one) => ({ ...one, atMs: Math.min(one.atMs, nowMs) }))
  }

  /** What has left the window stays away, also when a clock that was ahead is set back and it would lie within it again. */
  forget(nowMs: number): void {
    this.#passed = this.#passed.filter(({ atMs }) => atMs > nowMs - this.#windowMs)
  }

  /** Units that passed within the window that ends now. */
  count(nowMs: number): number {
    const counted = this.#passed.filter(({ atMs }) => atMs > nowMs - this.#windowMs)
    return counted.reduce((sum, { units }) => sum + units, 0)
  }

  hasRoom(units: number, nowMs: number): boolean {
    return this.count(nowMs) + units <= this.#limit
  }

  add(units: number, nowMs: number): void {
    this.#passed.push({ atMs: nowMs, units })
  }

  isOver(nowMs: number): boolean {
    return this.count(nowMs) > this.#limit
  }
}
