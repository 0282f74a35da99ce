/** @jsxImportSource hono/jsx */
// What a page offers to whoever has a passkey. Without a script that can ask for one it stays out of sight.
import type { Child } from 'hono/jsx'
import { PostForm, ReturnToField, SubmitButton } from './form.tsx'
import type { Texts } from './texts/en.ts'

/** What a page has to know to offer passkeys. */
export type PasskeyOffer = {
  readonly domain: string
  /** A passkey that answered just now and is not known here: the browser is told not to offer it again. */
  readonly unknownId?: string | undefined
}

export type PasskeyBlockProps = PasskeyOffer & {
  readonly about: 'sign-in' | 'second-factor' | 'proof' | 'add'
  readonly texts: Texts
  readonly basePath: string
  readonly csrfToken: string
  readonly returnTo?: string | null | undefined
  readonly children?: Child
}

const actions = {
  'sign-in': '/login/passkey',
  'second-factor': '/mfa/passkey',
  proof: '/reauthenticate/passkey',
  add: '/account/passkeys',
} as const

const labels = { 'sign-in': 'signIn', 'second-factor': 'secondFactor', proof: 'prove', add: 'add' } as const

const Problem = ({ name, children }: { name: string; children?: Child }) => (
  <p class="error" role="alert" data-problem={name} hidden>
    {children}
  </p>
)

export const PasskeyBlock = (props: PasskeyBlockProps) => {
  const { about, texts, basePath } = props
  const t = texts.passkeys
  const start = about === 'add' ? 'register' : 'authenticate'
  const account = `${basePath}/account/passkeys`
  return (
    <div
      class="passkey"
      hidden
      data-passkey={about}
      data-start={`${basePath}/v1/webauthn/${start}/start`}
      data-domain={props.domain}
      data-unknown={props.unknownId}
      data-proof={about === 'add' ? `${basePath}/reauthenticate?return_to=${encodeURIComponent(account)}` : undefined}
    >
      <PostForm action={`${basePath}${actions[about]}`} csrfToken={props.csrfToken}>
        <ReturnToField returnTo={props.returnTo} />
        <input type="hidden" name="challenge_id" value="" />
        <input type="hidden" name="response" value="" />
        {props.children}
        <SubmitButton quiet={about !== 'add'}>{t[labels[about]]}</SubmitButton>
      </PostForm>
      <Problem name="failed">{t.failed}</Problem>
      <Problem name="limited">{t.limited}</Problem>
      <Problem name="exists">{t.exists}</Problem>
    </div>
  )
}
