/** @jsxImportSource hono/jsx */
import { PostForm, Sentence, SubmitButton } from './form.tsx'
import { layout, type Page, type PageBase } from './layout.tsx'
import { safeHref } from './safe-href.ts'

export type SignOutPageProps = PageBase & {
  readonly basePath: string
  readonly csrfToken: string
  readonly email: string
  readonly homeUrl?: string | null | undefined
  /** What an application asked, which then has its own answer. */
  readonly request?: string
}

/** Any page of the site can link here; it could not send the form itself, as it knows no token. */
export function signOutPage({ theme, texts, basePath, csrfToken, email, homeUrl, request }: SignOutPageProps): Page {
  const t = texts.signOut
  const home = safeHref(homeUrl)
  return layout(
    { theme, texts, title: t.title },
    <>
      <p class="lead">
        <Sentence template={t.lead} name="email" value={email} />
      </p>
      <div class="actions">
        <PostForm action={basePath + (request === undefined ? '/logout' : '/oauth/sign-out')} csrfToken={csrfToken}>
          {request === undefined ? null : <input type="hidden" name="request" value={request} />}
          <SubmitButton>{t.submit}</SubmitButton>
        </PostForm>
        {home === null ? null : (
          <a class="button quiet" href={home}>
            {t.stay}
          </a>
        )}
      </div>
    </>,
  )
}
