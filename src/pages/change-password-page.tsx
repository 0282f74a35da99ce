/** @jsxImportSource hono/jsx */
import { currentPasswordField, knownEmailField, newPasswordField } from './asked-fields.ts'
import type { Page } from './layout.tsx'
import { type QuestionBase, questionPage } from './question-page.tsx'

export type ChangePasswordPageProps = QuestionBase & { readonly email: string }

export function changePasswordPage(props: ChangePasswordPageProps): Page {
  const { texts, basePath } = props
  const t = texts.changePassword
  const isWrong = props.problem === 'invalid_password'
  return questionPage(props, {
    title: t.title,
    lead: t.lead,
    action: `${basePath}/account/password`,
    submit: t.submit,
    // The address tells a password manager whose password is about to change.
    fields: [knownEmailField(texts, props.email), currentPasswordField(texts, isWrong), newPasswordField(texts)],
    after: (
      <p class="after">
        <a href={`${basePath}/forgot`}>{t.forgot}</a> · <a href={`${basePath}/account`}>{texts.account.title}</a>
      </p>
    ),
  })
}
