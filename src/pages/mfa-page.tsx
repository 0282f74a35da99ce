/** @jsxImportSource hono/jsx */
import { withReturnTo } from './addresses.ts'
import { currentPasswordField, factorField } from './asked-fields.ts'
import type { Page } from './layout.tsx'
import { PasskeyBlock, type PasskeyOffer } from './passkey-block.tsx'
import { passkeyScript } from './passkey-script.ts'
import { type QuestionBase, questionPage } from './question-page.tsx'

/** Null for whoever has no passkey. */
type WithPasskey = { readonly passkey: PasskeyOffer | null }

/** The second half of a login. */
export function mfaPage(props: QuestionBase & WithPasskey): Page {
  const t = props.texts.mfa
  return questionPage(props, {
    title: t.title,
    lead: t.lead,
    action: `${props.basePath}/mfa`,
    submit: t.submit,
    fields: [factorField(props.texts, props.problem === 'invalid_code')],
    script: props.passkey === null ? undefined : passkeyScript,
    after: (
      <>
        {props.passkey === null ? null : <PasskeyBlock {...props} {...props.passkey} about="second-factor" />}
        <p class="after">
          <a href={withReturnTo(`${props.basePath}/login`, props.returnTo)}>{props.texts.checkMail.back}</a>
        </p>
      </>
    ),
  })
}

type Proof = QuestionBase & WithPasskey & { readonly ask: 'password' | 'factor' | 'passkey' | 'nothing' }

/** What is asked of somebody who is signed in and wants what a session alone is not enough for. */
export function reauthenticatePage(props: Proof): Page {
  const { texts, basePath, problem, ask, passkey } = props
  const t = texts.reauthenticate
  const byPasskey = passkey === null ? null : <PasskeyBlock {...props} {...passkey} about="proof" />
  const base = {
    title: t.title,
    lead: t.lead,
    action: `${basePath}/reauthenticate`,
    submit: t.submit,
    script: passkey === null ? undefined : passkeyScript,
    after: byPasskey,
  }
  switch (ask) {
    case 'factor':
      return questionPage(props, { ...base, fields: [factorField(texts, problem === 'invalid_code')] })
    case 'password':
      return questionPage(props, {
        ...base,
        fields: [{ ...currentPasswordField(texts, problem === 'invalid_password') }],
        after: (
          <>
            {byPasskey}
            <p class="after">
              <a href={withReturnTo(`${basePath}/magic-link`, props.returnTo)}>{texts.login.magicLink}</a>
            </p>
          </>
        ),
      })
    case 'passkey':
    case 'nothing':
      return questionPage(props, {
        ...base,
        lead: ask === 'passkey' ? t.byPasskey : t.noFactor,
        action: `${basePath}/account/two-step/start`,
        submit: texts.twoStep.start,
      })
  }
}
