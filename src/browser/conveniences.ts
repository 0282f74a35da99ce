// What makes the forms of the hosted pages easier where scripts run: a password can be looked at, a code is taken out of
// whatever was pasted, the backup codes can be copied. What it needs is hidden until it is here, and no page depends on it.
// Built into src/pages/convenience-script.ts by `npm run page-scripts`.

/** Six digits that are no part of a longer number, such as a date, with the gaps that mails and apps write into them. */
const codes = /(?<!\d[ -]?)\d(?:[ -]?\d){5}(?![ -]?\d)/g

/** Null where there is none, or more than one: then it is not for a script to choose. */
function codeIn(text: string): string | null {
  // Full-width digits and spaces that do not break are the plain ones then.
  const [code, another] = text.normalize('NFKC').match(codes) ?? []
  return code === undefined || another !== undefined ? null : code.replace(/\D/g, '')
}

function takePastedCode(input: HTMLInputElement): void {
  input.addEventListener('paste', (event) => {
    const code = codeIn(event.clipboardData?.getData('text') ?? '')
    if (code === null) return
    event.preventDefault()
    input.value = code
  })
}

function reveal(button: HTMLButtonElement): void {
  const input = document.getElementById(button.dataset['reveal'] ?? '')
  if (!(input instanceof HTMLInputElement)) return
  const show = (isShown: boolean): void => {
    input.type = isShown ? 'text' : 'password'
    button.setAttribute('aria-pressed', String(isShown))
  }
  button.hidden = false
  button.addEventListener('click', () => show(input.type === 'password'))
  // Browsers remember what was sent as text, and password managers look for a field of a password.
  input.form?.addEventListener('submit', () => show(false))
}

function copy(button: HTMLButtonElement): void {
  const status = document.getElementById('copy-status')
  // Only there where the page came by a connection that nobody listens to.
  if (status === null || !('clipboard' in navigator)) return
  const tell = (text: string | undefined): void => {
    status.textContent = text ?? ''
  }
  button.hidden = false
  button.addEventListener('click', () => {
    const text = [...document.querySelectorAll('[data-copied]')].map((element) => element.textContent).join('\n')
    navigator.clipboard.writeText(text).then(
      () => tell(button.dataset['done']),
      () => tell(button.dataset['failed']),
    )
  })
}

for (const input of document.querySelectorAll<HTMLInputElement>('[data-code]')) takePastedCode(input)
for (const button of document.querySelectorAll<HTMLButtonElement>('[data-reveal]')) reveal(button)
for (const button of document.querySelectorAll<HTMLButtonElement>('[data-copy]')) copy(button)
