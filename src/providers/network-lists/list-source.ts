// The port to whoever publishes a list of networks.

export type ListFault = 'unreachable' | 'too slow' | 'redirect' | 'bad status' | 'not text' | 'too large'

export interface ListRequest {
  readonly url: string
  readonly mostBytes: number
  /** Of the list that is known; null: any will do. */
  readonly etag: string | null
}

export type ListAnswer =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'list'; readonly etag: string | null }
  | { readonly kind: 'fault'; readonly fault: ListFault }

/** Hands the text on piece by piece. What was handed on counts only when the answer is `list`: then it was all of it. */
export type FetchList = (request: ListRequest, take: (text: string) => void) => Promise<ListAnswer>
