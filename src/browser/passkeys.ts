// The script of passkeys: it asks the browser for a passkey and hands what comes of it to a form of the page.
// Whatever it cannot do, the page can do without it. Built into src/pages/passkey-script.ts by `npm run page-scripts`.
import { type Question, creationOf, jsonOf, requestOf } from './json-forms.ts'

/** Newer than the types: what browsers are told of passkeys that are of no use any more (WebAuthn Level 3 §5.1.10). */
interface Signals {
  signalUnknownCredential?: (facts: object) => Promise<void>
  signalAllAcceptedCredentials?: (facts: object) => Promise<void>
  signalCurrentUserDetails?: (facts: object) => Promise<void>
}

/** A challenge lives for five minutes; one that waits in the list of suggestions is replaced before that. */
const renewMs = 4 * 60_000

let pending = new AbortController()

class Refused extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

const fieldOf = (form: HTMLFormElement, name: string): HTMLInputElement | null =>
  form.querySelector<HTMLInputElement>(`input[name="${name}"]`)

/** What the page knows already narrows the question: the address that was typed, if it is one. */
function knownOf(block: HTMLElement): Record<string, string> {
  const about = block.dataset['passkey'] ?? ''
  if (about === 'add') return {}
  const typed = about === 'sign-in' ? document.querySelector<HTMLInputElement>('input[name="email"]') : null
  const email = typed !== null && typed.value !== '' && typed.checkValidity() ? { email: typed.value } : {}
  return { about, ...email }
}

async function start(block: HTMLElement, form: HTMLFormElement, known: object): Promise<Question> {
  const answer = await fetch(block.dataset['start'] ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-csrf-token': fieldOf(form, 'csrf_token')?.value ?? '' },
    body: JSON.stringify(known),
  })
  const body = (await answer.json()) as Question & { code?: string }
  if (!answer.ok) throw new Refused(body.code ?? '')
  return body
}

async function ask(block: HTMLElement, form: HTMLFormElement, mediation?: 'conditional'): Promise<void> {
  pending.abort()
  pending = new AbortController()
  const { signal } = pending
  // The suggestions are for whoever has typed nothing yet: any passkey may answer.
  const question = await start(block, form, mediation === undefined ? knownOf(block) : {})
  const credential =
    block.dataset['passkey'] === 'add'
      ? await navigator.credentials.create({ publicKey: creationOf(question), signal })
      : await navigator.credentials.get({
          publicKey: requestOf(question),
          signal,
          ...(mediation === undefined ? {} : { mediation }),
        })
  if (!(credential instanceof PublicKeyCredential)) throw new Refused('')
  const fields = { challenge_id: question.challenge_id, response: JSON.stringify(jsonOf(credential)) }
  for (const [name, value] of Object.entries(fields)) fieldOf(form, name)?.setAttribute('value', value)
  form.submit()
}

/** One of the sentences that the page brought along. */
function tell(block: HTMLElement, error: unknown): void {
  const isNeeded = error instanceof Refused && error.code === 'step_up_required'
  if (isNeeded && block.dataset['proof'] !== undefined) return location.assign(block.dataset['proof'])
  const name =
    error instanceof Refused
      ? error.code.startsWith('too_many_')
        ? 'limited'
        : 'failed'
      : error instanceof DOMException && error.name === 'InvalidStateError'
        ? 'exists'
        : 'failed'
  for (const line of block.querySelectorAll<HTMLElement>('[data-problem]'))
    line.hidden = line.dataset['problem'] !== name
}

/** In the list of suggestions of the address field, for as long as the page is looked at. */
async function suggest(block: HTMLElement, form: HTMLFormElement): Promise<void> {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
  const renew = (): void => {
    // Whoever does not answer leaves no trace; whoever pressed the button meanwhile took the question over.
    ask(block, form, 'conditional').catch(() => undefined)
    const { signal } = pending
    setTimeout(() => {
      if (signal.aborted) return
      if (document.visibilityState === 'visible') renew()
      else document.addEventListener('visibilitychange', renew, { once: true })
    }, renewMs)
  }
  renew()
}

function prepare(block: HTMLElement): void {
  const form = block.querySelector('form')
  if (form === null) return
  block.hidden = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    ask(block, form).catch((error: unknown) => tell(block, error))
  })
  if (block.dataset['passkey'] === 'sign-in') void suggest(block, form)
}

/** So that a device stops offering what was removed here. What the browser makes of it is its own affair. */
async function signal(element: HTMLElement): Promise<void> {
  const signals = PublicKeyCredential as unknown as Signals
  const { domain: rpId, unknown: credentialId, accepted } = element.dataset
  if (credentialId !== undefined) await signals.signalUnknownCredential?.({ rpId, credentialId })
  if (accepted === undefined) return
  const { userId, ids, name, displayName } = JSON.parse(accepted) as Record<string, unknown>
  await signals.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds: ids })
  await signals.signalCurrentUserDetails?.({ rpId, userId, name, displayName })
}

if ('PublicKeyCredential' in window) {
  for (const block of document.querySelectorAll<HTMLElement>('[data-passkey]')) prepare(block)
  for (const element of document.querySelectorAll<HTMLElement>('[data-domain]')) signal(element).catch(() => undefined)
}
