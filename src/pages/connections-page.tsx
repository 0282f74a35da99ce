/** @jsxImportSource hono/jsx */
import { Notice, PostForm, SubmitButton } from './form.tsx'
import { fill } from './format.ts'
import { layout, type Page } from './layout.tsx'
import type { ProviderLink } from './provider-links.tsx'
import type { QuestionBase } from './question-page.tsx'

export type ConnectionsPageProps = QuestionBase & {
  readonly connections: readonly (ProviderLink & { readonly isConnected: boolean })[]
}

/** The other sites a person can sign in with, and which of them they do. */
export function connectionsPage(props: ConnectionsPageProps): Page {
  const { theme, texts, basePath, csrfToken } = props
  const t = texts.connections
  return layout(
    { theme, texts, title: t.title },
    <>
      <p class="lead">{t.lead}</p>
      <Notice texts={texts} notice={props.notice} />
      <ul class="list">
        {props.connections.map(({ id, name, isConnected }) => (
          <li class="session">
            <div>
              <h2>{name}</h2>
              <p class="muted">{isConnected ? t.isConnected : t.isNotConnected}</p>
            </div>
            <PostForm
              action={`${basePath}/account/connections/${isConnected ? 'disconnect' : 'connect'}`}
              csrfToken={csrfToken}
            >
              <input type="hidden" name="provider" value={id} />
              <SubmitButton quiet small>
                {fill(isConnected ? t.disconnect : t.connect, { provider: name })}
              </SubmitButton>
            </PostForm>
          </li>
        ))}
      </ul>
      <p class="after">
        <a href={`${basePath}/account`}>{texts.account.title}</a>
      </p>
    </>,
  )
}
