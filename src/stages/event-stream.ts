// Ends an event stream with the session it was opened with; until then it passes through at the reader's speed.
import type { EndOf } from './session-watch.ts'

export function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.toLowerCase().startsWith('text/event-stream') ?? false
}

export function endWithSession(endOf: EndOf, answer: Response): Response {
  if (answer.body === null) return answer
  const { readable, writable } = new IdentityTransformStream()
  const [left, over] = [new AbortController(), new AbortController()]
  void endOf(left.signal).then((end) => {
    if (end !== null) over.abort()
  })
  // Ended and not torn down, as a site would end it: the browser asks again, and is told that nobody is signed in.
  void answer.body
    .pipeTo(writable, { signal: over.signal, preventAbort: true })
    .catch((error: unknown) => (over.signal.aborted ? writable.close() : writable.abort(error)))
    .catch(() => undefined)
    .finally(() => left.abort())
  return new Response(readable, answer)
}
