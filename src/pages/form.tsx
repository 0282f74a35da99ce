/** @jsxImportSource hono/jsx */
import type { Child } from 'hono/jsx'
import { fill, waitingTime } from './format.ts'
import type { NoticeKey, ProblemKey, Texts } from './texts/en.ts'

/** Sign-in limits the length like sign-up does: a browser that cut a long password once must cut it alike later. */
export const PASSWORD_LENGTH = { min: 8, max: 256 } as const

const SUMMARY_ID = 'problem'

export type FieldProps = {
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'email' | 'password' | 'tel'
  readonly autocomplete: string
  readonly value?: string | undefined
  readonly optionalMark?: string
  readonly hint?: string
  readonly error?: string | undefined
  /** The summary is about this field, though it has no text of its own (a wrong password says not which half). */
  readonly blamed?: boolean
  readonly autofocus?: boolean
  /** On the button that shows what is typed into a field of a password. */
  readonly reveal?: string
  /** Six digits are expected, which a script finds in what is pasted. */
  readonly takesCode?: boolean
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
}

/** Whether a page with this field brings the script along that makes it easier. */
export const isEasedByScript = ({ reveal, takesCode }: Pick<FieldProps, 'reveal' | 'takesCode'>): boolean =>
  reveal !== undefined || takesCode === true

/** Its name stays the same: whether it is pressed says the rest. */
const Reveal = ({ name, label, reveal }: { name: string; label: string; reveal: string }) => (
  <button type="button" class="reveal" hidden aria-pressed="false" aria-controls={name} data-reveal={name}>
    {reveal} <span class="hidden">{label}</span>
  </button>
)

export const Field = (props: FieldProps) => {
  const { name, label, hint, error, reveal } = props
  const blamed = props.blamed === true
  const describedBy = [
    error === undefined ? '' : `${name}-error`,
    blamed ? SUMMARY_ID : '',
    hint === undefined ? '' : `${name}-hint`,
  ].filter((id) => id !== '')
  return (
    <div class="field">
      <label for={name}>
        {label} {props.optionalMark === undefined ? null : <span>{props.optionalMark}</span>}
      </label>
      {hint === undefined ? null : (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {error === undefined ? null : (
        <p class="error" id={`${name}-error`}>
          {error}
        </p>
      )}
      <input
        id={name}
        name={name}
        type={props.type}
        autocomplete={props.autocomplete}
        value={props.value}
        required={props.optionalMark === undefined}
        autofocus={props.autofocus === true}
        aria-invalid={error !== undefined || blamed ? 'true' : undefined}
        aria-describedby={describedBy.length === 0 ? undefined : describedBy.join(' ')}
        data-code={props.takesCode === true ? '' : undefined}
        {...props.attributes}
      />
      {reveal === undefined ? null : <Reveal name={name} label={label} reveal={reveal} />}
    </div>
  )
}

export const CsrfField = ({ token }: { token: string }) => <input type="hidden" name="csrf_token" value={token} />

export const ReturnToField = ({ returnTo }: { returnTo: string | null | undefined }) =>
  returnTo === null || returnTo === undefined ? null : <input type="hidden" name="return_to" value={returnTo} />

/** Every form of these pages: posted, and never without its token. */
export const PostForm = (props: { action: string; csrfToken: string; children?: Child }) => (
  <form method="post" action={props.action}>
    <CsrfField token={props.csrfToken} />
    {props.children}
  </form>
)

export const SubmitButton = (props: { quiet?: boolean; small?: boolean; children?: Child }) => {
  const look = [props.quiet === true ? 'quiet' : '', props.small === true ? 'small' : 'block']
  return (
    <button type="submit" class={['button', ...look].filter((name) => name !== '').join(' ')}>
      {props.children}
    </button>
  )
}

export type ProblemProps = {
  readonly texts: Texts
  readonly problem?: ProblemKey | undefined
  readonly retryAfterS?: number | undefined
  /** Name and text of each wrong field, in the order of the form. */
  readonly fields?: readonly (readonly [name: keyof Texts['fields'], text: string])[]
}

export const ErrorSummary = ({ texts, problem, retryAfterS, fields = [] }: ProblemProps) => {
  if (problem === undefined && fields.length === 0) return null
  const retry = retryAfterS === undefined ? '' : fill(texts.retry, { when: waitingTime(retryAfterS, texts.lang) })
  return (
    <div class="problem" role="alert" id={SUMMARY_ID}>
      <h2>{texts.problemTitle}</h2>
      <p>
        {texts.problems[problem ?? 'invalid_input']} {retry}
      </p>
      {fields.length === 0 ? null : (
        <ul>
          {fields.map(([name, text]) => (
            <li>
              <a href={`#${name}`}>{fill(texts.fieldProblem, { field: texts.fields[name], problem: text })}</a>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

export const Notice = ({ texts, notice }: { texts: Texts; notice?: NoticeKey | undefined }) =>
  notice === undefined ? null : (
    <div class="notice" role="status">
      <p>{texts.notices[notice]}</p>
    </div>
  )

/** Fills `{key}` with bold text: the one value of a sentence a person has to check. */
export const Sentence = ({ template, name, value }: { template: string; name: string; value: string }) => {
  const [before = '', ...after] = template.split(`{${name}}`)
  return after.length === 0 ? (
    <>{before}</>
  ) : (
    <>
      {before}
      <strong>{value}</strong>
      {after.join('')}
    </>
  )
}
