/** @jsxImportSource hono/jsx */
import { SessionItem, type SessionRow } from './account-session.tsx'
import { ErrorSummary, Notice, PostForm, SubmitButton } from './form.tsx'
import { fill } from './format.ts'
import { layout, type Page, type PageBase } from './layout.tsx'
import { safeHref } from './safe-href.ts'
import type { NoticeKey, ProblemKey, Texts } from './texts/en.ts'

export type AccountPageProps = PageBase & {
  readonly basePath: string
  readonly csrfToken: string
  readonly user: { readonly email: string; readonly name: string | null }
  readonly sessions: readonly SessionRow[]
  readonly hasTwoStep: boolean
  /** Null where nobody signs in by phone. */
  readonly phone: 'none' | 'sign-in' | 'second-factor' | null
  /** Whether there are other sites to sign in with. */
  readonly hasProviders?: boolean
  /** How many there are; null where the site wants none. */
  readonly passkeys: number | null
  readonly homeUrl?: string | null | undefined
  readonly problem?: ProblemKey | undefined
  readonly notice?: NoticeKey | undefined
}

const WhoYouAre = ({ props }: { props: AccountPageProps }) => {
  const { theme, texts, basePath, csrfToken, user } = props
  const t = texts.account
  const home = safeHref(props.homeUrl)
  return (
    <>
      <p class="who">
        <span class="muted">{t.signedInAs}</span> <strong>{user.name ?? user.email}</strong>
        {user.name === null ? null : <span class="muted"> ({user.email})</span>}
      </p>
      <div class="actions">
        <PostForm action={`${basePath}/logout`} csrfToken={csrfToken}>
          <SubmitButton>{t.logout}</SubmitButton>
        </PostForm>
        {home === null ? null : (
          <a class="button quiet" href={home}>
            {fill(t.home, { site: theme.name })}
          </a>
        )}
      </div>
    </>
  )
}

const phoneState = ({ account: t }: Texts, phone: NonNullable<AccountPageProps['phone']>): string =>
  ({ none: t.phoneOff, 'sign-in': t.phoneSignIn, 'second-factor': t.phoneSecond })[phone]

const Security = ({ props }: { props: AccountPageProps }) => {
  const { texts, basePath } = props
  const t = texts.account
  return (
    <section class="section">
      <h2>{t.securityTitle}</h2>
      <p>
        <a href={`${basePath}/account/password`}>{t.changePassword}</a>
      </p>
      <p>
        <a href={`${basePath}/account/two-step`}>{t.twoStep}</a>: {props.hasTwoStep ? t.twoStepOn : t.twoStepOff}
      </p>
      {props.phone === null ? null : (
        <p>
          <a href={`${basePath}/account/phone`}>{t.phone}</a>: {phoneState(texts, props.phone)}
        </p>
      )}
      {props.hasProviders === true ? (
        <p>
          <a href={`${basePath}/account/connections`}>{texts.connections.title}</a>
        </p>
      ) : null}
      {props.passkeys === null ? null : (
        <p>
          <a href={`${basePath}/account/passkeys`}>{t.passkeys}</a>: {props.passkeys}
        </p>
      )}
      <p>
        <a href={`${basePath}/account/data`}>{t.ownData}</a>
      </p>
    </section>
  )
}

const Sessions = ({ props }: { props: AccountPageProps }) => {
  const { texts, basePath, csrfToken, sessions } = props
  const t = texts.account
  return (
    <section class="section">
      <h2>{t.sessionsTitle}</h2>
      <p class="muted">{t.sessionsLead}</p>
      <ul class="list">
        {sessions.map((session) => (
          <SessionItem session={session} texts={texts} basePath={basePath} csrfToken={csrfToken} />
        ))}
      </ul>
      {sessions.some((session) => !session.isCurrent) ? (
        <div class="actions">
          <PostForm action={`${basePath}/account/sessions/revoke-others`} csrfToken={csrfToken}>
            <SubmitButton quiet>{t.revokeOthers}</SubmitButton>
          </PostForm>
        </div>
      ) : null}
    </section>
  )
}

export function accountPage(props: AccountPageProps): Page {
  const { theme, texts, problem } = props
  return layout(
    { theme, texts, title: texts.account.title, hasProblem: problem !== undefined, wide: true },
    <>
      <ErrorSummary texts={texts} problem={problem} />
      <Notice texts={texts} notice={props.notice} />
      <WhoYouAre props={props} />
      <Security props={props} />
      <Sessions props={props} />
    </>,
  )
}
