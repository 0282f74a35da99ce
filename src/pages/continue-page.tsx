/** @jsxImportSource hono/jsx */
import { Sentence } from './form.tsx'
import { layout, type Page, type PageBase } from './layout.tsx'

export type ContinuePageProps = PageBase & {
  /** Registered by an operator; an app's own scheme is as good as https here. */
  readonly address: string
}

/** Goes on by itself; the link is for whoever's browser does not. */
export function continuePage({ theme, texts, address }: ContinuePageProps): Page {
  const t = texts.continue
  const { host, protocol } = new URL(address)
  return layout(
    { theme, texts, title: t.title },
    <>
      <p class="lead">
        <Sentence template={t.lead} name="host" value={host === '' ? protocol : host} />
      </p>
      <div class="actions">
        <a class="button" href={address} rel="noreferrer">
          {t.link}
        </a>
      </div>
    </>,
  )
}
