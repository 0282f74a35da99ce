/** @jsxImportSource hono/jsx */
import { withReturnTo } from './addresses.ts'
import { type ProviderLink, ProviderLinks } from './provider-links.tsx'
import { ErrorSummary, Field, Notice, PASSWORD_LENGTH, PostForm, ReturnToField, SubmitButton } from './form.tsx'
import { fill } from './format.ts'
import { layout, type Page, type PageBase } from './layout.tsx'
import { PasskeyBlock, type PasskeyOffer } from './passkey-block.tsx'
import { scripts } from './scripts.ts'
import type { NoticeKey, ProblemKey, Texts } from './texts/en.ts'

export type LoginPageProps = PageBase & {
  readonly basePath: string
  readonly csrfToken: string
  readonly returnTo: string | null
  readonly email?: string | undefined
  readonly problem?: ProblemKey | undefined
  readonly notice?: NoticeKey | undefined
  readonly signUpEnabled: boolean
  /** Left out: they are. */
  readonly passwordEnabled?: boolean
  readonly passwordResetEnabled?: boolean
  readonly magicLinkEnabled: boolean
  readonly phoneEnabled: boolean
  /** Other sites to sign in with. */
  readonly providers?: readonly ProviderLink[]
  /** Null where the site wants no passkeys. */
  readonly passkey: PasskeyOffer | null
  readonly retryAfterS?: number | undefined
}

type FieldsProps = { texts: Texts; email: string; problem: ProblemKey | undefined; suggests: boolean }

const Fields = ({ texts, email, problem, suggests }: FieldsProps) => {
  const blamed = problem === 'invalid_credentials'
  return (
    <>
      <Field
        name="email"
        label={texts.fields.email}
        type="email"
        // The last word asks browsers to suggest passkeys where they suggest addresses.
        autocomplete={suggests ? 'username webauthn' : 'username'}
        value={email}
        blamed={blamed}
        autofocus={email === ''}
        attributes={{ inputmode: 'email', autocapitalize: 'none', spellcheck: 'false', maxlength: 254 }}
      />
      <Field
        name="password"
        label={texts.fields.password}
        type="password"
        autocomplete="current-password"
        blamed={blamed}
        autofocus={email !== ''}
        reveal={texts.conveniences.show}
        attributes={{ maxlength: PASSWORD_LENGTH.max }}
      />
    </>
  )
}

/** To what is done on pages of its own. */
const OtherWays = ({ props }: { props: LoginPageProps }) => {
  const { texts, basePath, returnTo } = props
  const t = texts.login
  return (
    <>
      {props.passwordEnabled === false || props.passwordResetEnabled === false ? null : (
        <p class="after">
          <a href={withReturnTo(`${basePath}/forgot`, returnTo)}>{t.forgot}</a>
        </p>
      )}
      {props.magicLinkEnabled ? (
        <p class="after">
          <a href={withReturnTo(`${basePath}/magic-link`, returnTo)}>{t.magicLink}</a>
        </p>
      ) : null}
      {props.phoneEnabled ? (
        <p class="after">
          <a href={withReturnTo(`${basePath}/phone`, returnTo)}>{t.phone}</a>
        </p>
      ) : null}
      {props.signUpEnabled ? (
        <p class="after">
          {t.toSignUp} <a href={withReturnTo(`${basePath}/signup`, returnTo)}>{t.signUpLink}</a>
        </p>
      ) : null}
    </>
  )
}

export function loginPage(props: LoginPageProps): Page {
  const { theme, texts, languageLinks, basePath, returnTo, problem, passkey } = props
  const t = texts.login
  return layout(
    {
      theme,
      texts,
      languageLinks,
      title: t.title,
      hasProblem: problem !== undefined,
      scripts: [
        ...(passkey === null ? [] : [scripts.passkeys]),
        ...(props.passwordEnabled === false ? [] : [scripts.conveniences]),
      ],
    },
    <>
      <p class="lead">{fill(t.lead, { site: theme.name })}</p>
      <ErrorSummary texts={texts} problem={problem} retryAfterS={props.retryAfterS} />
      <Notice texts={texts} notice={props.notice} />
      {props.passwordEnabled === false ? null : (
        <PostForm action={`${basePath}/login`} csrfToken={props.csrfToken}>
          <ReturnToField returnTo={returnTo} />
          <Fields texts={texts} email={props.email ?? ''} problem={problem} suggests={passkey !== null} />
          <SubmitButton>{t.submit}</SubmitButton>
        </PostForm>
      )}
      <ProviderLinks base={props} providers={props.providers ?? []} />
      {passkey === null ? null : <PasskeyBlock {...props} {...passkey} about="sign-in" />}
      <OtherWays props={props} />
    </>,
  )
}
