/** @jsxImportSource hono/jsx */
import { withReturnTo } from './addresses.ts'
import { ErrorSummary, Field, PASSWORD_LENGTH, PostForm, ReturnToField, SubmitButton } from './form.tsx'
import { fill } from './format.ts'
import { layout, type Page, type PageBase } from './layout.tsx'
import { scripts } from './scripts.ts'
import type { ProblemKey } from './texts/en.ts'

export const SIGN_UP_FIELDS = ['name', 'email', 'password'] as const
export type SignUpField = (typeof SIGN_UP_FIELDS)[number]

export type SignUpPageProps = PageBase & {
  readonly basePath: string
  readonly csrfToken: string
  readonly returnTo: string | null
  readonly name?: string | undefined
  readonly email?: string | undefined
  readonly problem?: ProblemKey | undefined
  /** The text to show at each wrong field, for example one of `texts.fieldProblems`. */
  readonly fields?: Readonly<Partial<Record<SignUpField, string | undefined>>> | undefined
  readonly retryAfterS?: number | undefined
}

type Wrong = readonly (readonly [name: SignUpField, text: string])[]

const wrongFields = (fields: SignUpPageProps['fields']): Wrong =>
  SIGN_UP_FIELDS.flatMap((name) => {
    const text = fields?.[name]
    return text === undefined ? [] : [[name, text] as const]
  })

const Fields = ({ props, wrong }: { props: SignUpPageProps; wrong: Wrong }) => {
  const { texts, fields } = props
  const firstWrong = wrong[0]?.[0]
  return (
    <>
      <Field
        name="name"
        label={texts.fields.name}
        type="text"
        autocomplete="name"
        value={props.name ?? ''}
        optionalMark={texts.fields.optional}
        hint={texts.signUp.nameHint}
        error={fields?.name}
        autofocus={firstWrong === 'name'}
        attributes={{ maxlength: 200 }}
      />
      <Field
        name="email"
        label={texts.fields.email}
        type="email"
        autocomplete="username"
        value={props.email ?? ''}
        error={fields?.email}
        autofocus={firstWrong === 'email'}
        attributes={{ inputmode: 'email', autocapitalize: 'none', spellcheck: 'false', maxlength: 254 }}
      />
      <Field
        name="password"
        label={texts.fields.password}
        type="password"
        autocomplete="new-password"
        hint={texts.signUp.passwordHint}
        error={fields?.password}
        autofocus={firstWrong === 'password'}
        reveal={texts.conveniences.show}
        attributes={{
          minlength: PASSWORD_LENGTH.min,
          maxlength: PASSWORD_LENGTH.max,
          passwordrules: `minlength: ${PASSWORD_LENGTH.min}; maxlength: ${PASSWORD_LENGTH.max};`,
        }}
      />
    </>
  )
}

export function signUpPage(props: SignUpPageProps): Page {
  const { theme, texts, languageLinks, basePath, returnTo, problem } = props
  const t = texts.signUp
  const wrong = wrongFields(props.fields)
  return layout(
    {
      theme,
      texts,
      languageLinks,
      title: t.title,
      hasProblem: problem !== undefined || wrong.length > 0,
      scripts: [scripts.conveniences],
    },
    <>
      <p class="lead">{fill(t.lead, { site: theme.name })}</p>
      <ErrorSummary texts={texts} problem={problem} retryAfterS={props.retryAfterS} fields={wrong} />
      <PostForm action={`${basePath}/signup`} csrfToken={props.csrfToken}>
        <ReturnToField returnTo={returnTo} />
        <Fields props={props} wrong={wrong} />
        <SubmitButton>{t.submit}</SubmitButton>
      </PostForm>
      <p class="after">
        {t.toLogin} <a href={withReturnTo(`${basePath}/login`, returnTo)}>{t.loginLink}</a>
      </p>
    </>,
  )
}
