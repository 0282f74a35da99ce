// The keys of the trusted issuers, as this isolate knows them: fetched by one request at a time, relied on by all.
import { type FetchFault, fetchKeySet } from './key-set-fetch.ts'
import {
  type KeySetTimes,
  fetchTimeoutMs,
  lastGoodMs,
  mayAskForUnknown,
  nextStep,
  patienceMs,
  storeTimeoutMs,
  verdictUntilMs,
  withRequest,
} from './key-set-policy.ts'
import { type KeySet, type KeySetFault, type VerificationKey, findKey, parseKeySet } from './key-set.ts'
import type { Algorithm, TrustedIssuer } from './trusted-issuer.ts'

export interface KeptKeySet {
  readonly text: string
  readonly fetchedAtMs: number
}

/** The part of the object that the worker calls. */
export interface KeySetStore {
  read(): KeptKeySet | null | Promise<KeptKeySet | null>
  keep(set: KeptKeySet): void | Promise<void>
}

/** The request on whose behalf something is asked. */
export interface Asking {
  readonly requestId: string
  waitUntil(work: Promise<unknown>): void
}

export interface KeyQuestion {
  readonly keyId: string | null
  readonly algorithm: Algorithm
}

export type KeyAnswer =
  | { readonly outcome: 'found'; readonly key: VerificationKey; readonly relyUntilMs: number }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'unreachable' }

/** Where the keys of one issuer come from. */
export interface KeySource {
  find(question: KeyQuestion, asking: Asking): Promise<KeyAnswer>
}

export interface KeySetFailure {
  readonly issuer: string
  readonly reason: FetchFault | KeySetFault
  /** Null: there is none to go on with. */
  readonly lastGoodAgeMs: number | null
  readonly requestId: string
}

export interface KeySetPorts {
  /** Made anew for each call: a stub that failed once goes on failing. */
  readonly store: () => KeySetStore
  readonly report: (failure: KeySetFailure) => Promise<void>
  readonly now: () => number
}

/** Long enough to cost nothing, short enough not to be noticed. */
const lookAgainMs = 20

interface Known extends KeySetTimes {
  keys: KeySet
  fetchedAtMs: number | null
  failedAtMs: number | null
  askedForUnknownAtMs: number | null
  requestedAtMs: readonly number[]
  /** Of the fetch under way; a request that is cut off takes its fetch with it, so it counts only for a while. */
  startedAtMs: number | null
  isStoreRead: boolean
  discoveredUrl: string | null
}

export function createRemoteKeys(issuer: TrustedIssuer, { store, report, now }: KeySetPorts): KeySource {
  const known: Known = {
    keys: [],
    fetchedAtMs: null,
    failedAtMs: null,
    askedForUnknownAtMs: null,
    requestedAtMs: [],
    startedAtMs: null,
    isStoreRead: false,
    discoveredUrl: null,
    get requestsNeeded() {
      return (issuer.jwksUrl ?? this.discoveredUrl) === null ? 2 : 1
    },
  }

  async function find(question: KeyQuestion, asking: Asking): Promise<KeyAnswer> {
    const askedAtMs = now()
    const step = nextStep(known, askedAtMs)
    if (step === 'refresh') refreshBehind(asking)
    else if (step !== 'use') await settle(asking)
    if (!isUsable(known, now())) return { outcome: 'unreachable' }
    const key = findKey(known.keys, question.keyId, question.algorithm)
    if (key !== null) return found(key)
    const isNewerThanQuestion = known.fetchedAtMs !== null && known.fetchedAtMs >= askedAtMs
    return question.keyId === null || isNewerThanQuestion ? { outcome: 'unknown' } : findNew(question, asking)
  }

  /** A key nobody has heard of: perhaps it is new. */
  async function findNew(question: KeyQuestion, asking: Asking): Promise<KeyAnswer> {
    if (isUnderWay(known, now())) await whileUnderWay()
    else if (mayAskForUnknown(known, now())) {
      known.askedForUnknownAtMs = now()
      await untilDone(refresh(asking), asking)
    } else return { outcome: 'unknown' }
    const key = findKey(known.keys, question.keyId, question.algorithm)
    return key === null ? { outcome: 'unknown' } : found(key)
  }

  function found(key: VerificationKey): KeyAnswer {
    return { outcome: 'found', key, relyUntilMs: verdictUntilMs(known, now()) }
  }

  /** Waits until there is a set that may be used, or nothing more to hope for. */
  async function settle(asking: Asking): Promise<void> {
    const deadlineMs = now() + patienceMs
    while (now() < deadlineMs) {
      if (isUnderWay(known, now())) {
        await whileUnderWay()
        continue
      }
      const step = nextStep(known, now())
      if (step === 'refresh') refreshBehind(asking)
      if (step !== 'wait') return
      await untilDone(known.isStoreRead ? refresh(asking) : readStore(), asking)
    }
  }

  /** Another request's promise must not be awaited, so its outcome is looked for. */
  async function whileUnderWay(): Promise<void> {
    while (isUnderWay(known, now())) await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
  }

  function refreshBehind(asking: Asking): void {
    if (!isUnderWay(known, now())) asking.waitUntil(refresh(asking))
  }

  function refresh(asking: Asking): Promise<void> {
    return alone(async (startedAtMs) => {
      const fault = await fetchInto(startedAtMs, asking)
      if (fault !== null) fail(fault, startedAtMs, asking)
    })
  }

  async function alone(work: (startedAtMs: number) => Promise<void>): Promise<void> {
    const startedAtMs = now()
    known.startedAtMs = startedAtMs
    try {
      await work(startedAtMs)
    } finally {
      if (known.startedAtMs === startedAtMs) known.startedAtMs = null
    }
  }

  async function fetchInto(startedAtMs: number, asking: Asking): Promise<FetchFault | KeySetFault | null> {
    const onRequest = (): void => {
      known.requestedAtMs = withRequest(known.requestedAtMs, now())
    }
    const options = { knownUrl: known.discoveredUrl, timeoutMs: fetchTimeoutMs, onRequest }
    const fetched = await fetchKeySet(issuer, options)
    if (!fetched.ok) return fetched.problem
    const parsed = parseKeySet(fetched.value.bytes, issuer.algorithms)
    if (!parsed.ok) return parsed.problem
    known.discoveredUrl = fetched.value.url
    if (!take(parsed.value, startedAtMs)) return null
    const text = new TextDecoder().decode(fetched.value.bytes)
    // Losing it costs an isolate that starts during an outage, so nobody waits for it.
    const keep = async (): Promise<void> => store().keep({ text, fetchedAtMs: startedAtMs })
    asking.waitUntil(keep().catch(() => undefined))
    return null
  }

  /** A fetch that took long is older than one that overtook it. */
  function take(keys: KeySet, fetchedAtMs: number): boolean {
    if (known.fetchedAtMs !== null && known.fetchedAtMs >= fetchedAtMs) return false
    known.keys = keys
    known.fetchedAtMs = fetchedAtMs
    return true
  }

  function fail(reason: FetchFault | KeySetFault, startedAtMs: number, asking: Asking): void {
    known.failedAtMs = startedAtMs
    // It may be somewhere else by now.
    known.discoveredUrl = null
    const lastGoodAgeMs = isUsable(known, now()) ? now() - (known.fetchedAtMs ?? 0) : null
    asking.waitUntil(report({ issuer: issuer.issuer, reason, lastGoodAgeMs, requestId: asking.requestId }))
  }

  /** Asked once in the life of an isolate, and read as critically as what the issuer says: the row may be another now. */
  function readStore(): Promise<void> {
    return alone(async () => {
      // Also when it fails: the issuer itself can still be asked.
      known.isStoreRead = true
      const read = async (): Promise<KeptKeySet | null> => store().read()
      const kept = await Promise.race([read(), after(storeTimeoutMs)]).catch(() => null)
      if (kept === null || now() - kept.fetchedAtMs >= lastGoodMs) return
      const parsed = parseKeySet(new TextEncoder().encode(kept.text), issuer.algorithms)
      // Another machine's clock may be ahead; nothing is known to be newer than now.
      if (parsed.ok) take(parsed.value, Math.min(kept.fetchedAtMs, now()))
    })
  }

  return { find }
}

function isUnderWay({ startedAtMs }: Known, nowMs: number): boolean {
  return startedAtMs !== null && nowMs - startedAtMs < patienceMs
}

function isUsable({ fetchedAtMs }: KeySetTimes, nowMs: number): boolean {
  return fetchedAtMs !== null && nowMs - fetchedAtMs < lastGoodMs
}

/** Goes on when the client of this request does not wait any more: others may. */
async function untilDone(work: Promise<void>, asking: Asking): Promise<void> {
  asking.waitUntil(work)
  await work
}

function after(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms))
}
