/** @jsxImportSource hono/jsx */
import { PostForm, Sentence, SubmitButton } from './form.tsx'
import { fill } from './format.ts'
import { layout, type Page, type PageBase } from './layout.tsx'
import type { Texts } from './texts/en.ts'

export type ConsentPageProps = PageBase & {
  readonly basePath: string
  readonly csrfToken: string
  readonly email: string
  readonly client: string
  readonly scopes: readonly string[]
  /** What the application asked, to be answered: checked again when it comes back. */
  readonly request: string
}

const textOf = (scope: string, texts: Texts): string => {
  const known: Readonly<Record<string, string>> = texts.consent.scopes
  return known[scope] ?? scope
}

const Choice = (props: { page: ConsentPageProps; decision: 'allow' | 'deny'; label: string }) => (
  <PostForm action={`${props.page.basePath}/oauth/consent`} csrfToken={props.page.csrfToken}>
    <input type="hidden" name="request" value={props.page.request} />
    <input type="hidden" name="decision" value={props.decision} />
    <SubmitButton quiet={props.decision === 'deny'}>{props.label}</SubmitButton>
  </PostForm>
)

/** The name is what an operator registered, never what the request says. */
export function consentPage(props: ConsentPageProps): Page {
  const { theme, texts, client, scopes } = props
  const t = texts.consent
  return layout(
    { theme, texts, title: fill(t.title, { client }) },
    <>
      <p class="lead">
        <Sentence template={t.lead} name="email" value={props.email} />
      </p>
      <p>{fill(t.asks, { client })}</p>
      <ul>
        {scopes.map((scope) => (
          <li>{textOf(scope, texts)}</li>
        ))}
      </ul>
      <Choice page={props} decision="allow" label={t.allow} />
      <Choice page={props} decision="deny" label={t.deny} />
      <p class="after">{t.aside}</p>
    </>,
  )
}
