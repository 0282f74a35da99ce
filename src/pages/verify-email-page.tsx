/** @jsxImportSource hono/jsx */
import { ErrorSummary, PostForm, ReturnToField, SubmitButton } from './form.tsx'
import { fill } from './format.ts'
import { layout, type Page, type PageBase } from './layout.tsx'
import type { ProblemKey } from './texts/en.ts'

export type VerifyEmailPageProps = PageBase & {
  readonly basePath: string
  readonly csrfToken: string
  readonly token: string
  readonly returnTo?: string | null | undefined
  readonly problem?: ProblemKey | undefined
  readonly retryAfterS?: number | undefined
}

/** Mail scanners open links; they do not press buttons. So opening shows this, and only the button consumes. */
export function verifyEmailPage(props: VerifyEmailPageProps): Page {
  const { theme, texts, problem } = props
  const t = texts.verifyEmail
  return layout(
    { theme, texts, title: t.title, hasProblem: problem !== undefined },
    <>
      <p class="lead">{fill(t.lead, { site: theme.name })}</p>
      <ErrorSummary texts={texts} problem={problem} retryAfterS={props.retryAfterS} />
      <PostForm action={`${props.basePath}/verify-email`} csrfToken={props.csrfToken}>
        <input type="hidden" name="token" value={props.token} />
        <ReturnToField returnTo={props.returnTo} />
        <SubmitButton>{t.submit}</SubmitButton>
      </PostForm>
      <p class="after">{t.aside}</p>
    </>,
  )
}
