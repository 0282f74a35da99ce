/** @jsxImportSource hono/jsx */
import { knownEmailField, newPasswordField } from './asked-fields.ts'
import { fill } from './format.ts'
import type { Page } from './layout.tsx'
import { type QuestionBase, questionPage } from './question-page.tsx'

export type VerifyEmailPageProps = QuestionBase & { readonly token: string }

/** Mail scanners open links; they do not press buttons. So opening shows this, and only the button consumes. */
export function verifyEmailPage(props: VerifyEmailPageProps): Page {
  const t = props.texts.verifyEmail
  return questionPage(props, {
    title: t.title,
    lead: fill(t.lead, { site: props.theme.name }),
    action: `${props.basePath}/verify-email`,
    submit: t.submit,
    hidden: { token: props.token },
    after: <p class="after">{t.aside}</p>,
  })
}

/** In another browser than the one that signed up: the password chosen there may be somebody else's, and does not count. */
export function verifyElsewherePage(props: VerifyEmailPageProps & { readonly email: string }): Page {
  const t = props.texts.verifyEmail
  return questionPage(props, {
    title: t.title,
    lead: `${t.elsewhere} ${fill(t.elsewhereNext, { site: props.theme.name })}`,
    action: `${props.basePath}/verify-email`,
    submit: t.submit,
    hidden: { token: props.token },
    fields: [knownEmailField(props.texts, props.email), newPasswordField(props.texts)],
    after: <p class="after">{t.aside}</p>,
  })
}
