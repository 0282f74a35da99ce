/** @jsxImportSource hono/jsx */
import { withReturnTo } from './addresses.ts'
import { type ProviderLink, ProviderLinks } from './provider-links.tsx'
import { currentPasswordField, factorField } from './asked-fields.ts'
import type { Page } from './layout.tsx'
import { type QuestionBase, questionPage } from './question-page.tsx'

/** The second half of a login. */
export function mfaPage(props: QuestionBase): Page {
  const t = props.texts.mfa
  return questionPage(props, {
    title: t.title,
    lead: t.lead,
    action: `${props.basePath}/mfa`,
    submit: t.submit,
    fields: [factorField(props.texts, props.problem === 'invalid_code')],
    after: (
      <p class="after">
        <a href={withReturnTo(`${props.basePath}/login`, props.returnTo)}>{props.texts.checkMail.back}</a>
      </p>
    ),
  })
}

/** What is asked of somebody who is signed in and wants what a session alone is not enough for. */
export function reauthenticatePage(
  props: QuestionBase & {
    readonly ask: 'password' | 'factor' | 'nothing'
    readonly providers?: readonly ProviderLink[]
  },
): Page {
  const { texts, basePath, problem, ask } = props
  const t = texts.reauthenticate
  const base = { title: t.title, lead: t.lead, action: `${basePath}/reauthenticate`, submit: t.submit }
  const mail = (
    <p class="after">
      <a href={withReturnTo(`${basePath}/magic-link`, props.returnTo)}>{texts.login.magicLink}</a>
    </p>
  )
  switch (ask) {
    case 'factor':
      return questionPage(props, { ...base, fields: [factorField(texts, problem === 'invalid_code')] })
    case 'password':
      return questionPage(props, {
        ...base,
        fields: [{ ...currentPasswordField(texts, problem === 'invalid_password') }],
        after: (
          <>
            <ProviderLinks base={props} providers={props.providers ?? []} fresh />
            {mail}
          </>
        ),
      })
    case 'nothing':
      return questionPage(props, {
        ...base,
        lead: t.noFactor,
        action: `${basePath}/account/two-step/start`,
        submit: texts.twoStep.start,
      })
  }
}
