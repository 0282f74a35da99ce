/** @jsxImportSource hono/jsx */
import { fill, waitingTime } from './format.ts'
import { layout, type Page, type PageBase } from './layout.tsx'
import { safeHref } from './safe-href.ts'
import type { Texts } from './texts/en.ts'

export type ProblemStatus = keyof Texts['problemPage']['byStatus']

export type ProblemPageProps = PageBase & {
  /** A status without a text of its own is shown as 500 or, below that, as 400. */
  readonly status: number
  /** Says more than the status, where there is a text for it. */
  readonly code?: string | undefined
  readonly requestId: string
  readonly retryAfterS?: number | undefined
  readonly backUrl?: string | null | undefined
  readonly homeUrl?: string | null | undefined
  readonly signInUrl?: string | null | undefined
}

const isKnown = (status: number, texts: Texts): status is ProblemStatus =>
  Object.hasOwn(texts.problemPage.byStatus, status)

type ProblemCode = keyof Texts['problemPage']['byCode']

const hasText = (code: string, texts: Texts): code is ProblemCode => Object.hasOwn(texts.problemPage.byCode, code)

const textOf = ({ status, code, texts }: ProblemPageProps): { readonly title: string; readonly sentence: string } =>
  code !== undefined && hasText(code, texts) ? texts.problemPage.byCode[code] : textOfStatus(status, texts)

const textOfStatus = (status: number, texts: Texts): { readonly title: string; readonly sentence: string } =>
  texts.problemPage.byStatus[isKnown(status, texts) ? status : status >= 500 ? 500 : 400]

const Links = ({ props }: { props: ProblemPageProps }) => {
  const t = props.texts.problemPage
  const links = [
    { href: safeHref(props.signInUrl), text: t.signIn },
    { href: safeHref(props.backUrl), text: t.back },
    { href: safeHref(props.homeUrl), text: t.home },
  ].filter(({ href }) => href !== null)
  if (links.length === 0) return null
  return (
    <div class="actions">
      {links.map(({ href, text }, index) => (
        <a class={index === 0 ? 'button' : 'button quiet'} href={href ?? undefined}>
          {text}
        </a>
      ))}
    </div>
  )
}

export function problemPage(props: ProblemPageProps): Page {
  const { theme, texts, retryAfterS } = props
  const { title, sentence } = textOf(props)
  const retry = retryAfterS === undefined ? '' : fill(texts.retry, { when: waitingTime(retryAfterS, texts.lang) })
  return layout(
    { theme, texts, title, lowered: true },
    <>
      <p class="lead">
        {sentence} {retry}
      </p>
      <Links props={props} />
      <div class="request">
        <p>
          {texts.problemPage.requestId} <code>{props.requestId}</code>
        </p>
        <p>{texts.problemPage.requestIdHint}</p>
      </div>
    </>,
  )
}
