/** @jsxImportSource hono/jsx */
import { withReturnTo } from './addresses.ts'
import { emailField } from './asked-fields.ts'
import type { Page } from './layout.tsx'
import { type QuestionBase, questionPage } from './question-page.tsx'

export function forgotPage(base: QuestionBase & { readonly email: string }): Page {
  const t = base.texts.forgot
  return questionPage(base, {
    title: t.title,
    lead: t.lead,
    action: `${base.basePath}/forgot`,
    submit: t.submit,
    fields: [emailField(base.texts, base.email)],
    after: (
      <p class="after">
        <a href={withReturnTo(`${base.basePath}/login`, base.returnTo)}>{base.texts.checkMail.back}</a>
      </p>
    ),
  })
}
