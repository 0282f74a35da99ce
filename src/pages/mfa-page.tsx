/** @jsxImportSource hono/jsx */
import { withReturnTo } from './addresses.ts'
import { codeField, currentPasswordField, factorField, knownEmailField } from './asked-fields.ts'
import { PostForm, ReturnToField, Sentence, SubmitButton } from './form.tsx'
import { type ProviderLink, ProviderLinks } from './provider-links.tsx'
import type { Page } from './layout.tsx'
import { PasskeyBlock, type PasskeyOffer } from './passkey-block.tsx'
import { type QuestionBase, questionPage } from './question-page.tsx'
import { scripts } from './scripts.ts'

const Back = ({ base }: { base: QuestionBase }) => (
  <p class="after">
    <a href={withReturnTo(`${base.basePath}/login`, base.returnTo)}>{base.texts.checkMail.back}</a>
  </p>
)

const TextInstead = ({ base }: { base: QuestionBase }) => (
  <section class="section">
    <p class="muted">{base.texts.mfa.smsOr}</p>
    <PostForm action={`${base.basePath}/mfa/sms`} csrfToken={base.csrfToken}>
      <ReturnToField returnTo={base.returnTo} />
      <SubmitButton quiet>{base.texts.mfa.smsSend}</SubmitButton>
    </PostForm>
  </section>
)

/** Null for whoever has no passkey. */
type WithPasskey = { readonly passkey: PasskeyOffer | null }

/** The second half of a login: by the app, a text, a passkey, or any of them. */
export function mfaPage(props: QuestionBase & WithPasskey & { readonly methods: readonly string[] }): Page {
  const t = props.texts.mfa
  const hasText = props.methods.includes('sms')
  if (!hasText && !props.methods.includes('totp') && props.passkey !== null)
    return passkeyOnlyPage(props, props.passkey)
  if (hasText && !props.methods.includes('totp')) {
    const action = `${props.basePath}/mfa/sms`
    return questionPage(props, {
      title: t.title,
      lead: t.smsLead,
      action,
      submit: t.smsSend,
      scripts: props.passkey === null ? [] : [scripts.passkeys],
      after: (
        <>
          {props.passkey === null ? null : <PasskeyBlock {...props} {...props.passkey} about="second-factor" />}
          <Back base={props} />
        </>
      ),
    })
  }
  return questionPage(props, {
    title: t.title,
    lead: t.lead,
    action: `${props.basePath}/mfa`,
    submit: t.submit,
    fields: [factorField(props.texts, props.problem === 'invalid_code')],
    scripts: props.passkey === null ? [] : [scripts.passkeys],
    after: (
      <>
        {props.passkey === null ? null : <PasskeyBlock {...props} {...props.passkey} about="second-factor" />}
        {hasText ? <TextInstead base={props} /> : null}
        <Back base={props} />
      </>
    ),
  })
}

/** Of a sign-in that looks unusual: the passkey, or the mailbox where it is not at hand. */
function passkeyOnlyPage(props: QuestionBase, passkey: PasskeyOffer): Page {
  const { texts, basePath, returnTo } = props
  return questionPage(props, {
    title: texts.mfa.title,
    lead: texts.mfa.passkeyLead,
    scripts: [scripts.passkeys],
    after: (
      <>
        <PasskeyBlock {...props} {...passkey} about="second-factor" />
        <p class="after">
          <a href={withReturnTo(`${basePath}/magic-link`, returnTo)}>{texts.login.magicLink}</a>
        </p>
        <Back base={props} />
      </>
    ),
  })
}

/** `phone` is a part of the number: its owner recognises it. */
export function mfaTextPage(props: QuestionBase & { readonly phone: string }): Page {
  const t = props.texts.mfa
  return questionPage(props, {
    title: t.title,
    lead: <Sentence template={t.smsSent} name="phone" value={props.phone} />,
    action: `${props.basePath}/mfa`,
    submit: t.submit,
    hidden: { method: 'sms', phone: props.phone },
    fields: [codeField(props.texts, props.problem === 'invalid_code')],
    after: <Back base={props} />,
  })
}

type Proof = QuestionBase &
  WithPasskey & {
    readonly ask: 'password' | 'factor' | 'passkey' | 'nothing'
    readonly email: string
    readonly providers?: readonly ProviderLink[]
  }

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
    scripts: passkey === null ? [] : [scripts.passkeys],
    after: byPasskey,
  }
  switch (ask) {
    case 'factor':
      return questionPage(props, { ...base, fields: [factorField(texts, problem === 'invalid_code')] })
    case 'password':
      return questionPage(props, {
        ...base,
        // The address tells a password manager whose password is asked for.
        fields: [knownEmailField(texts, props.email), currentPasswordField(texts, problem === 'invalid_password')],
        after: (
          <>
            {byPasskey}
            <ProviderLinks base={props} providers={props.providers ?? []} fresh />
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
