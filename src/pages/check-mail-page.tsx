/** @jsxImportSource hono/jsx */
import { withReturnTo } from './addresses.ts'
import { codeField } from './asked-fields.ts'
import { ErrorSummary, Field, Notice, PostForm, ReturnToField, Sentence, SubmitButton } from './form.tsx'
import { layout, type Page, type PageBase } from './layout.tsx'
import { scripts } from './scripts.ts'
import type { NoticeKey, ProblemKey } from './texts/en.ts'

export type CheckMailPageProps = PageBase & {
  readonly basePath: string
  readonly csrfToken: string
  readonly email: string
  readonly returnTo?: string | null | undefined
  readonly problem?: ProblemKey | undefined
  readonly notice?: NoticeKey | undefined
  readonly retryAfterS?: number | undefined
}

const Hidden = ({ email, returnTo }: Pick<CheckMailPageProps, 'email' | 'returnTo'>) => (
  <>
    <input type="hidden" name="email" value={email} />
    <ReturnToField returnTo={returnTo} />
  </>
)

const CodeForm = ({ props }: { props: CheckMailPageProps }) => (
  <PostForm action={`${props.basePath}/verify-email`} csrfToken={props.csrfToken}>
    <Hidden email={props.email} returnTo={props.returnTo} />
    <Field {...codeField(props.texts, props.problem === 'invalid_code')} />
    <SubmitButton>{props.texts.checkMail.submit}</SubmitButton>
  </PostForm>
)

export function checkMailPage(props: CheckMailPageProps): Page {
  const { theme, texts, basePath, problem } = props
  const t = texts.checkMail
  return layout(
    { theme, texts, title: t.title, hasProblem: problem !== undefined, scripts: [scripts.conveniences] },
    <>
      <p class="lead">
        <Sentence template={t.lead} name="email" value={props.email} /> {t.next}
      </p>
      <ErrorSummary texts={texts} problem={problem} retryAfterS={props.retryAfterS} />
      <Notice texts={texts} notice={props.notice} />
      <CodeForm props={props} />
      <section class="section">
        <h2>{t.resendTitle}</h2>
        <p class="muted">{t.resendLead}</p>
        <PostForm action={`${basePath}/resend`} csrfToken={props.csrfToken}>
          <Hidden email={props.email} returnTo={props.returnTo} />
          <SubmitButton quiet>{t.resend}</SubmitButton>
        </PostForm>
      </section>
      <p class="after">
        <a href={withReturnTo(`${basePath}/login`, props.returnTo)}>{t.back}</a>
      </p>
    </>,
  )
}
