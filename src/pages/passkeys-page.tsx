/** @jsxImportSource hono/jsx */
import { ErrorSummary, Field, Notice, PostForm, SubmitButton } from './form.tsx'
import type { Moment } from './format.ts'
import { layout, type Page } from './layout.tsx'
import { PasskeyBlock, type PasskeyOffer } from './passkey-block.tsx'
import type { QuestionBase } from './question-page.tsx'
import { scripts } from './scripts.ts'
import { Time } from './time.tsx'

export type PasskeyRow = {
  readonly id: string
  readonly name: string
  readonly createdAt: Moment
  readonly lastUsedAt: Moment | null
  readonly isBackedUp: boolean
}

export type PasskeysPageProps = QuestionBase & {
  readonly offer: PasskeyOffer
  readonly passkeys: readonly PasskeyRow[]
  /** What browsers are told to go on offering. */
  readonly accepted: {
    readonly userId: string
    readonly ids: readonly string[]
    readonly name: string
    readonly displayName: string
  } | null
}

const Item = ({ passkey, props }: { passkey: PasskeyRow; props: PasskeysPageProps }) => {
  const { texts, basePath, csrfToken } = props
  const t = texts.passkeys
  const field = `name-${passkey.id}`
  return (
    <li>
      <h2>{passkey.name}</h2>
      <dl class="facts">
        <dt>{t.created}</dt>
        <dd>
          <Time moment={passkey.createdAt} lang={texts.lang} />
        </dd>
        <dt>{t.lastUsed}</dt>
        <dd>{passkey.lastUsedAt === null ? t.neverUsed : <Time moment={passkey.lastUsedAt} lang={texts.lang} />}</dd>
        <dt>{t.where}</dt>
        <dd>{passkey.isBackedUp ? t.backedUp : t.notBackedUp}</dd>
      </dl>
      <PostForm action={`${basePath}/account/passkeys/rename`} csrfToken={csrfToken}>
        <input type="hidden" name="id" value={passkey.id} />
        <div class="field inline">
          <label for={field}>{texts.fields.passkey_name}</label>
          <input
            id={field}
            name="passkey_name"
            type="text"
            value={passkey.name}
            required
            maxlength={80}
            autocomplete="off"
          />
        </div>
        <SubmitButton quiet small>
          {t.rename} <span class="hidden">{passkey.name}</span>
        </SubmitButton>
      </PostForm>
      <PostForm action={`${basePath}/account/passkeys/remove`} csrfToken={csrfToken}>
        <input type="hidden" name="id" value={passkey.id} />
        <SubmitButton quiet small>
          {t.remove} <span class="hidden">{passkey.name}</span>
        </SubmitButton>
      </PostForm>
    </li>
  )
}

const Add = ({ props }: { props: PasskeysPageProps }) => {
  const { texts } = props
  const t = texts.passkeys
  return (
    <section class="section">
      <h2>{t.addTitle}</h2>
      <p class="muted">{t.addLead}</p>
      <noscript>
        <p>{t.needsScript}</p>
      </noscript>
      <PasskeyBlock {...props} {...props.offer} about="add">
        <Field
          name="passkey_name"
          label={texts.fields.passkey_name}
          type="text"
          autocomplete="off"
          optionalMark={texts.fields.optional}
          hint={t.nameHint}
          attributes={{ maxlength: 80 }}
        />
      </PasskeyBlock>
    </section>
  )
}

export function passkeysPage(props: PasskeysPageProps): Page {
  const { theme, texts, basePath, passkeys, problem, accepted } = props
  const t = texts.passkeys
  return layout(
    { theme, texts, title: t.title, hasProblem: problem !== undefined, wide: true, scripts: [scripts.passkeys] },
    <>
      <p class="lead">{t.lead}</p>
      <ErrorSummary texts={texts} problem={problem} retryAfterS={props.retryAfterS} />
      <Notice texts={texts} notice={props.notice} />
      {accepted === null ? null : (
        <div hidden data-domain={props.offer.domain} data-accepted={JSON.stringify(accepted)} />
      )}
      {passkeys.length === 0 ? (
        <p>{t.none}</p>
      ) : (
        <ul class="list passkeys">
          {passkeys.map((passkey) => (
            <Item passkey={passkey} props={props} />
          ))}
        </ul>
      )}
      <Add props={props} />
      <p class="after">
        <a href={`${basePath}/account`}>{texts.account.title}</a>
      </p>
    </>,
  )
}
