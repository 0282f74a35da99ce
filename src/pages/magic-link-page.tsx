/** @jsxImportSource hono/jsx */
import { withReturnTo } from './addresses.ts'
import { codeField, emailField } from './asked-fields.ts'
import { Sentence } from './form.tsx'
import { fill } from './format.ts'
import type { Page } from './layout.tsx'
import { type QuestionBase, questionPage } from './question-page.tsx'

type Props = QuestionBase & { readonly email: string }

const Back = ({ base }: { base: QuestionBase }) => (
  <p class="after">
    <a href={withReturnTo(`${base.basePath}/login`, base.returnTo)}>{base.texts.checkMail.back}</a>
  </p>
)

/** Asks where to send the link. */
export function magicLinkPage(props: Props): Page {
  const t = props.texts.magicLink
  return questionPage(props, {
    title: t.title,
    lead: t.lead,
    action: `${props.basePath}/magic-link`,
    submit: t.submit,
    fields: [emailField(props.texts, props.email)],
    after: <Back base={props} />,
  })
}

/** After that: on this device the code, wherever the mail is read. */
export function magicCodePage(props: Props): Page {
  const t = props.texts.magicLink
  return questionPage(props, {
    title: props.texts.checkMail.title,
    lead: (
      <>
        <Sentence template={t.sent} name="email" value={props.email} /> {t.next}
      </>
    ),
    action: `${props.basePath}/magic-link/verify`,
    submit: t.enter,
    hidden: { email: props.email },
    fields: [codeField(props.texts, props.problem === 'invalid_code')],
    after: (
      <p class="after">
        <a href={withReturnTo(`${props.basePath}/magic-link`, props.returnTo)}>{t.again}</a>
      </p>
    ),
  })
}

/** `shown` is a part of the address: its owner recognises it. */
type Behind = QuestionBase & { readonly token: string }

/** Behind the link: mail scanners open links, they press no buttons. */
export function magicConfirmPage(props: Behind & { readonly shown: string | null }): Page {
  const t = props.texts.magicLink
  const lead = fill(t.confirmLead, { site: props.theme.name })
  return questionPage(props, {
    title: t.confirmTitle,
    lead:
      props.shown === null ? (
        lead
      ) : (
        <>
          {lead} <Sentence template={t.confirmAs} name="email" value={props.shown} />
        </>
      ),
    action: `${props.basePath}/magic-link/verify`,
    submit: t.enter,
    hidden: { token: props.token },
    after: <p class="after">{props.texts.verifyEmail.aside}</p>,
  })
}

/** Behind a link that was asked for in another browser. Whoever was sent somebody else's link would have to type their address. */
export function magicElsewherePage(props: Behind & { readonly shown: string; readonly email: string }): Page {
  const t = props.texts.magicLink
  return questionPage(props, {
    title: t.confirmTitle,
    lead: (
      <>
        <Sentence template={t.elsewhere} name="email" value={props.shown} /> {t.elsewhereNext}
      </>
    ),
    action: `${props.basePath}/magic-link/verify`,
    submit: t.enter,
    hidden: { token: props.token },
    fields: [{ ...emailField(props.texts, props.email), blamed: props.problem === 'wrong_address', autofocus: false }],
    after: <p class="after">{props.texts.verifyEmail.aside}</p>,
  })
}
