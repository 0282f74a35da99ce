/** @jsxImportSource hono/jsx */
import { ErrorSummary, PostForm, ReturnToField, SubmitButton } from './form.tsx'
import { fill } from './format.ts'
import { layout, type Page } from './layout.tsx'
import type { QuestionBase } from './question-page.tsx'

export type CaptchaPageProps = QuestionBase & {
  readonly widget: { readonly scriptUrl: string; readonly siteKey: string; readonly action: string }
}

/** The one page with a script of somebody else. Without JavaScript it says so plainly, and that waiting helps as well. */
export function captchaPage(props: CaptchaPageProps): Page {
  const { theme, texts, problem, widget } = props
  const t = texts.captcha
  return layout(
    { theme, texts, title: t.title, hasProblem: problem !== undefined },
    <>
      <p class="lead">{fill(t.lead, { site: theme.name })}</p>
      <ErrorSummary texts={texts} problem={problem} />
      <noscript>
        <p>{t.noScript}</p>
      </noscript>
      <PostForm action={`${props.basePath}/captcha`} csrfToken={props.csrfToken}>
        <ReturnToField returnTo={props.returnTo} />
        <div
          class="cf-turnstile"
          data-sitekey={widget.siteKey}
          data-action={widget.action}
          data-language={texts.lang}
          data-theme={theme.colorScheme}
        ></div>
        <SubmitButton>{t.submit}</SubmitButton>
      </PostForm>
      <script src={widget.scriptUrl} async defer></script>
    </>,
  )
}
