// Asks a provider something: within a bound of time and size, without following redirects, for JSON and nothing else. What
// goes wrong is a value, and says nothing of what was answered.
import { readBounded } from '../../kit/bounded-answer.ts'
import { type Result, fail, succeed } from '../../kit/result.ts'
import { type FetchFault, faultOfAnswer } from '../../tokens/key-set-fetch.ts'
import { type JsonObject, parseStrictObject } from '../../tokens/strict-json.ts'
import type { ProviderFault } from './provider.ts'

/** One question. A sign-in has at most three, and whoever waits longer than that has left. */
const patienceMs = 4000

export interface Question {
  /** For the record: which question failed. */
  readonly about: string
  readonly url: string
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: URLSearchParams
}

export async function askForObject(question: Question): Promise<Result<JsonObject, ProviderFault>> {
  const got = await ask(question)
  if (!got.ok) return got
  const document = parseStrictObject(got.value)
  return document === null ? faulty(question, 'not JSON') : succeed(document)
}

/** For answers that are no object; each reader checks the shape. */
export async function askForJson(question: Question): Promise<Result<unknown, ProviderFault>> {
  const got = await ask(question)
  if (!got.ok) return got
  try {
    return succeed(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(got.value)) as unknown)
  } catch {
    return faulty(question, 'not JSON')
  }
}

async function ask(question: Question): Promise<Result<Uint8Array, ProviderFault>> {
  const { url, method = 'GET', headers = {}, body } = question
  const signal = AbortSignal.timeout(patienceMs)
  try {
    const response = await fetch(url, {
      method,
      // Some APIs answer nobody who has no name.
      headers: { accept: 'application/json', 'user-agent': 'Portcullis', ...headers },
      // A redirect would take the code, or the client's secret, to another place.
      redirect: 'manual',
      signal,
      ...(body === undefined ? {} : { body }),
    })
    const fault = faultOfAnswer(response)
    if (fault === null) {
      const bytes = await readBounded(response)
      return bytes === null ? faulty(question, 'too large') : succeed(bytes)
    }
    await response.body?.cancel()
    return faulty(question, fault)
  } catch {
    return faulty(question, signal.aborted ? 'too slow' : 'unreachable')
  }
}

function faulty({ about }: Question, fault: FetchFault): { readonly ok: false; readonly problem: ProviderFault } {
  return fail({ reason: `${about}: ${fault}` })
}
