/** @jsxImportSource hono/jsx */
import { codeField, knownEmailField, newPasswordField } from './asked-fields.ts'
import { Sentence } from './form.tsx'
import { fill } from './format.ts'
import type { Page } from './layout.tsx'
import { type QuestionBase, questionPage } from './question-page.tsx'

/**
 * What the person came with: the link of the mail, or an address, to which the code in the mail belongs. Of the link the
 * address is known while it is open; either way it tells a password manager whose password is about to change.
 */
export type ResetPageProps = QuestionBase &
  ({ readonly token: string; readonly email: string | null } | { readonly email: string })

/** Mail scanners open links; they do not fill in forms. So opening shows this, and only the form consumes. */
export function resetPage(props: ResetPageProps): Page {
  const { texts, theme, basePath } = props
  const t = texts.reset
  const password = newPasswordField(texts)
  const blamed = props.problem === 'invalid_code'
  return questionPage(props, {
    title: t.title,
    lead:
      'token' in props ? (
        fill(t.lead, { site: theme.name })
      ) : (
        <>
          <Sentence template={t.sent} name="email" value={props.email} /> {t.next}
        </>
      ),
    action: `${basePath}/reset`,
    submit: t.submit,
    hidden: 'token' in props ? { token: props.token } : {},
    fields: [
      ...(props.email === null ? [] : [knownEmailField(texts, props.email)]),
      ...('token' in props ? [{ ...password, autofocus: true }] : [codeField(texts, blamed), password]),
    ],
    after: (
      <p class="after">
        <a href={`${basePath}/forgot`}>{t.again}</a>
      </p>
    ),
  })
}
