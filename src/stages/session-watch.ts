// Says when a session ends, for as long as something is open that was opened with it.
import type { Exchange } from '../exchange.ts'
import { type Watching, watchAddress } from '../sessions/watch.ts'

/** `unchecked`: nobody could say for too long whether it lives. */
export type SessionEnd = 'ended' | 'expired' | 'unchecked'

/** A session or token, and when what was opened with it has to end at the latest. */
export type Watched = Watching & { readonly shard: string; readonly endsAtMs: number }

/** How what something was opened with ended, or null when `left` came first. */
export type EndOf = (left: AbortSignal) => Promise<SessionEnd | null>

const sessionEnded = 4401
const retryMs = 500
const answerWithinMs = 1000
const longestTimerMs = 2 ** 31 - 1

/**
 * How a session ended, or null when `left` came first. It keeps a socket to the user's object, which costs
 * nothing while nothing happens, and which the object closes in the moment the session ends. Lost (the object started
 * anew), it is opened again; while that fails nobody knows whether the session lives, so patience is short.
 */
export async function sessionEnd(exchange: Exchange, watched: Watched, left: AbortSignal): Promise<SessionEnd | null> {
  const over = new AbortController()
  left.addEventListener('abort', () => over.abort())
  if (left.aborted) over.abort()
  const stopClock = whenReached(watched.endsAtMs, exchange.deps.now, () => over.abort())
  try {
    return (await watch(exchange, watched, over.signal)) ?? (left.aborted ? null : 'expired')
  } finally {
    stopClock()
  }
}

/** The first of several ends; what is left of the others is called off. */
export async function firstEnd(left: AbortSignal, watches: readonly EndOf[]): Promise<SessionEnd | null> {
  const over = new AbortController()
  left.addEventListener('abort', () => over.abort(), { once: true })
  if (left.aborted) over.abort()
  try {
    return await Promise.race(watches.map((endOf) => endOf(over.signal)))
  } finally {
    over.abort()
  }
}

export function pause(ms: number, left: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    const leave = (): void => {
      clearTimeout(timer)
      resolve()
    }
    left.addEventListener('abort', leave, { once: true })
    if (left.aborted) leave()
  })
}

/** In steps: timers hold 31 bits, and a session may last longer than those say. */
function whenReached(atMs: number, now: () => number, run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const wait = (): void => {
    const restMs = atMs - now()
    if (restMs <= 0) run()
    else timer = setTimeout(wait, Math.min(restMs, longestTimerMs))
  }
  wait()
  return () => clearTimeout(timer)
}

async function watch(exchange: Exchange, watched: Watched, over: AbortSignal): Promise<'ended' | 'unchecked' | null> {
  const { now, settings } = exchange.deps
  const patienceMs = settings.config.sessions.uncheckedSeconds * 1000
  let knownAtMs = now()
  while (!over.aborted) {
    const control = await openControl(exchange, watched)
    if (control === 'ended') return 'ended'
    if (control !== 'unreachable') {
      if ((await untilClosed(control, over)) === sessionEnded) return 'ended'
      knownAtMs = now()
    }
    if (now() - knownAtMs > patienceMs) return 'unchecked'
    if (!over.aborted) await new Promise((resolve) => setTimeout(resolve, retryMs))
  }
  return null
}

async function openControl({ deps }: Exchange, watched: Watched): Promise<WebSocket | 'ended' | 'unreachable'> {
  const object = deps.userObject(watched.shard)
  if (object === null) return 'ended'
  const slow = new AbortController()
  // Cleared once it answers: the signal would end the socket too.
  const timer = setTimeout(() => slow.abort(), answerWithinMs)
  try {
    const headers = { upgrade: 'websocket' }
    const answer = await object.fetch(new Request(watchAddress(watched), { headers, signal: slow.signal }))
    return answer.webSocket ?? 'unreachable'
  } catch {
    return 'unreachable'
  } finally {
    clearTimeout(timer)
  }
}

/** The close code, or null for any other way to lose it. */
function untilClosed(control: WebSocket, over: AbortSignal): Promise<number | null> {
  return new Promise((resolve) => {
    const leave = (): void => {
      resolve(null)
      control.close(1000)
    }
    control.accept()
    control.addEventListener('close', ({ code }) => resolve(code))
    control.addEventListener('error', () => resolve(null))
    over.addEventListener('abort', leave)
    // It may have been over while the socket was being opened.
    if (over.aborted) leave()
  })
}
