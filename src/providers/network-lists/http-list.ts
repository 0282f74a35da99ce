// A list at an address: from there and nowhere else, as text, within bounds of time and size.
import type { FetchList, ListAnswer, ListFault } from './list-source.ts'

const timeoutMs = 60_000
const fault = (found: ListFault): ListAnswer => ({ kind: 'fault', fault: found })

export const fetchHttpList: FetchList = async ({ url, mostBytes, etag }, take) => {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const headers = { 'user-agent': 'Portcullis', ...(etag === null ? {} : { 'if-none-match': etag }) }
    // A redirect would let whoever can make the publisher redirect say who is kept out.
    const response = await fetch(url, { headers, redirect: 'manual', signal })
    const found = judge(response, etag)
    if (found.kind !== 'list') {
      await response.body?.cancel()
      return found
    }
    return (await handOn(response, mostBytes, take)) ? found : fault('too large')
  } catch {
    return fault(signal.aborted ? 'too slow' : 'unreachable')
  }
}

function judge({ status, headers }: Response, etag: string | null): ListAnswer {
  if (status === 304 && etag !== null) return { kind: 'unchanged' }
  if (status >= 300 && status < 400) return fault('redirect')
  if (status !== 200) return fault('bad status')
  // A page says something else, whatever its lines look like. Publishers name many types, and some none.
  if (/html/i.test(headers.get('content-type') ?? '')) return fault('not text')
  return { kind: 'list', etag: headers.get('etag') }
}

/** Counted while it comes: a length can be left out, and what is compressed says nothing of what it becomes. */
async function handOn({ body }: Response, mostBytes: number, take: (text: string) => void): Promise<boolean> {
  const decoder = new TextDecoder()
  let length = 0
  for await (const chunk of (body ?? []) as ReadableStream<Uint8Array>) {
    length += chunk.length
    // Leaving the loop cancels the rest.
    if (length > mostBytes) return false
    take(decoder.decode(chunk, { stream: true }))
  }
  take(decoder.decode())
  return true
}
