// What a list of networks is to the gateway: where it comes from, what it says of who is on it, and what is kept of it.
import type { ListFormat } from './list-formats.ts'

/** What being on a list means. `hosting`: machines rather than people. */
export type ListKind = 'threat' | 'anonymiser' | 'hosting'

export interface ListSettings {
  readonly id: string
  readonly url: string
  readonly kind: ListKind
  readonly format: ListFormat
  readonly refreshHours: number
  readonly mostBytes: number
}

/** The last good one. */
export interface KeptList {
  /** Changes with the content. */
  readonly version: number
  readonly entries: number
  readonly chunks: number
  /** When the publisher last said that this is what the list is. */
  readonly confirmedAtMs: number
}

export type RefreshOutcome =
  | { readonly kind: 'kept'; readonly entries: number; readonly entriesBefore: number | null }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'not due' }
  | { readonly kind: 'refused'; readonly reason: string; readonly entriesBefore: number | null }

/** The part of the object of a list that the worker calls. */
export interface ListStore {
  describe(url: string): Promise<KeptList | null>
  /** A part of the compiled list; null when it is of another version by now. */
  chunk(version: number, index: number): Promise<Uint8Array | null>
  /** Gets the list anew if that is due. */
  refresh(list: ListSettings): Promise<RefreshOutcome>
}

/** A list that lost half of its entries at once was cut off or emptied rather than cleaned up. */
export function hasShrunk(entries: number, entriesBefore: number | null): boolean {
  return entriesBefore !== null && entries * 2 < entriesBefore
}
