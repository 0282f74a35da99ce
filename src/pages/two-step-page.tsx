/** @jsxImportSource hono/jsx */
import { codeField } from './asked-fields.ts'
import { ErrorSummary, Notice, PostForm, SubmitButton } from './form.tsx'
import { fill } from './format.ts'
import { layout, type Page } from './layout.tsx'
import { type QuestionBase, questionPage } from './question-page.tsx'
import { scripts } from './scripts.ts'

const Back = ({ base }: { base: QuestionBase }) => (
  <p class="after">
    <a href={`${base.basePath}/account`}>{base.texts.account.title}</a>
  </p>
)

/** Whether an authenticator app is set up, and what can be done about it. */
export function twoStepPage(props: QuestionBase & { readonly codesLeft: number | null }): Page {
  const { texts, basePath, csrfToken, codesLeft } = props
  const t = texts.twoStep
  const isOn = codesLeft !== null
  const actions = isOn
    ? ([
        ['backup-codes', t.reissue],
        ['remove', t.remove],
      ] as const)
    : ([['start', t.start]] as const)
  return layout(
    { theme: props.theme, texts, title: t.title, hasProblem: props.problem !== undefined },
    <>
      <p class="lead">{isOn ? fill(t.on, { count: String(codesLeft) }) : t.off}</p>
      <ErrorSummary texts={texts} problem={props.problem} retryAfterS={props.retryAfterS} />
      <Notice texts={texts} notice={props.notice} />
      <div class="actions">
        {actions.map(([path, text]) => (
          <PostForm action={`${basePath}/account/two-step/${path}`} csrfToken={csrfToken}>
            <SubmitButton quiet={isOn}>{text}</SubmitButton>
          </PostForm>
        ))}
      </div>
      <Back base={props} />
    </>,
  )
}

export type SetUpProps = QuestionBase & {
  /** As apps take it when it is typed. */
  readonly secret: string
  /** The same as a picture, made by this worker. */
  readonly picture: { readonly viewBox: string; readonly path: string }
  readonly otpauthUrl: string
}

export function setUpPage(props: SetUpProps): Page {
  const { texts, basePath, picture } = props
  const t = texts.twoStep
  return questionPage(props, {
    title: t.setUpTitle,
    lead: t.setUpLead,
    action: `${basePath}/account/two-step/finish`,
    submit: t.finish,
    before: (
      <>
        <div class="qr">
          <svg viewBox={picture.viewBox} role="img" aria-label={t.picture}>
            <rect width="100%" height="100%" fill="#fff" />
            <path d={picture.path} fill="#000" />
          </svg>
        </div>
        <p>
          <a href={props.otpauthUrl}>{t.openApp}</a>
        </p>
        <p class="muted">
          {t.typeInstead} <code>{props.secret.replace(/.{4}(?=.)/g, '$& ')}</code>
        </p>
      </>
    ),
    fields: [codeField(texts, props.problem === 'invalid_code')],
    after: <Back base={props} />,
  })
}

/** Shown once. */
export function backupCodesPage(props: QuestionBase & { readonly codes: readonly string[] }): Page {
  const { texts } = props
  const t = texts.twoStep
  return layout(
    { theme: props.theme, texts, title: t.codesTitle, scripts: [scripts.conveniences] },
    <>
      <p class="lead">{t.codesLead}</p>
      <ul class="codes">
        {props.codes.map((code) => (
          <li>
            <code data-copied>{code}</code>
          </li>
        ))}
      </ul>
      <div class="actions">
        <button type="button" class="button quiet" hidden data-copy data-done={t.copied} data-failed={t.copyFailed}>
          {t.copy}
        </button>
        <a class="button" href={`${props.basePath}/account`}>
          {t.codesDone}
        </a>
      </div>
      <p class="after" role="status" id="copy-status"></p>
    </>,
  )
}
