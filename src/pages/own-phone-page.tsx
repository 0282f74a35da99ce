/** @jsxImportSource hono/jsx */
import { codeField, phoneField } from './asked-fields.ts'
import { ErrorSummary, Field, Notice, PostForm, Sentence, SubmitButton } from './form.tsx'
import { fill } from './format.ts'
import { layout, type Page } from './layout.tsx'
import { type QuestionBase, questionPage } from './question-page.tsx'

type Use = 'sign-in' | 'second-factor'

const Back = ({ base }: { base: QuestionBase }) => (
  <p class="after">
    <a href={`${base.basePath}/account`}>{base.texts.account.title}</a>
  </p>
)

const Uses = ({ base }: { base: QuestionBase }) => {
  const t = base.texts.ownPhone
  const choices: readonly (readonly [Use, string])[] = [
    ['sign-in', t.forSignIn],
    ['second-factor', t.forSecond],
  ]
  return (
    <fieldset class="field">
      <legend>{t.use}</legend>
      {choices.map(([use, text], index) => (
        <p>
          <input type="radio" id={`use-${use}`} name="use" value={use} checked={index === 0} />{' '}
          <label for={`use-${use}`}>{text}</label>
        </p>
      ))}
    </fieldset>
  )
}

const Add = ({ props }: { props: QuestionBase & { phone: string } }) => (
  <PostForm action={`${props.basePath}/account/phone/start`} csrfToken={props.csrfToken}>
    <Field {...phoneField(props.texts, props.phone)} error={props.wrong?.['phone']} />
    <Uses base={props} />
    <SubmitButton>{props.texts.ownPhone.submit}</SubmitButton>
  </PostForm>
)

export type OwnPhoneProps = QuestionBase & {
  readonly phone: string
  readonly own: { readonly number: string; readonly use: Use } | null
}

/** Which phone is the account's, and what can be done about it. */
export function ownPhonePage(props: OwnPhoneProps): Page {
  const { texts, own, problem, wrong = {} } = props
  const t = texts.ownPhone
  const wrongPhone = wrong['phone']
  const fields = wrongPhone === undefined ? [] : [['phone', wrongPhone] as const]
  const state = own === null ? t.none : fill(own.use === 'sign-in' ? t.signsIn : t.asksSecond, { phone: own.number })
  return layout(
    { theme: props.theme, texts, title: t.title, hasProblem: problem !== undefined },
    <>
      <p class="lead">{state}</p>
      <ErrorSummary texts={texts} problem={problem} retryAfterS={props.retryAfterS} fields={fields} />
      <Notice texts={texts} notice={props.notice} />
      {own === null ? (
        <Add props={props} />
      ) : (
        <div class="actions">
          <PostForm action={`${props.basePath}/account/phone/remove`} csrfToken={props.csrfToken}>
            <SubmitButton quiet>{t.remove}</SubmitButton>
          </PostForm>
        </div>
      )}
      <Back base={props} />
    </>,
  )
}

export function ownPhoneCodePage(props: QuestionBase & { readonly phone: string }): Page {
  const { texts } = props
  return questionPage(props, {
    title: texts.phone.codeTitle,
    lead: <Sentence template={texts.ownPhone.sent} name="phone" value={props.phone} />,
    action: `${props.basePath}/account/phone/finish`,
    submit: texts.ownPhone.finish,
    hidden: { phone: props.phone },
    fields: [codeField(texts, props.problem === 'invalid_code')],
    after: <Back base={props} />,
  })
}
