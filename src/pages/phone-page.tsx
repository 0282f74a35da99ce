/** @jsxImportSource hono/jsx */
import { withReturnTo } from './addresses.ts'
import { codeField, phoneField } from './asked-fields.ts'
import { Sentence } from './form.tsx'
import type { Page } from './layout.tsx'
import { type QuestionBase, questionPage } from './question-page.tsx'

type Props = QuestionBase & { readonly phone: string }

/** Asks for the number that signs in. */
export function phonePage(props: Props): Page {
  const t = props.texts.phone
  return questionPage(props, {
    title: t.title,
    lead: t.lead,
    action: `${props.basePath}/phone`,
    submit: t.submit,
    fields: [phoneField(props.texts, props.phone)],
    after: (
      <p class="after">
        <a href={withReturnTo(`${props.basePath}/login`, props.returnTo)}>{props.texts.checkMail.back}</a>
      </p>
    ),
  })
}

/** After that: the code, on this device. */
export function phoneCodePage(props: Props): Page {
  const t = props.texts.phone
  return questionPage(props, {
    title: t.codeTitle,
    lead: <Sentence template={t.sent} name="phone" value={props.phone} />,
    action: `${props.basePath}/phone/verify`,
    submit: t.enter,
    hidden: { phone: props.phone },
    fields: [codeField(props.texts, props.problem === 'invalid_code')],
    after: (
      <p class="after">
        <a href={withReturnTo(`${props.basePath}/phone`, props.returnTo)}>{t.again}</a>
      </p>
    ),
  })
}
