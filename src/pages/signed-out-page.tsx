/** @jsxImportSource hono/jsx */
import { fill } from './format.ts'
import { layout, type Page, type PageBase } from './layout.tsx'
import { safeHref } from './safe-href.ts'

export type SignedOutPageProps = PageBase & {
  readonly basePath: string
  readonly homeUrl?: string | null | undefined
}

export function signedOutPage({ theme, texts, basePath, homeUrl }: SignedOutPageProps): Page {
  const t = texts.signedOut
  const home = safeHref(homeUrl)
  return layout(
    { theme, texts, title: t.title, lowered: true },
    <>
      <p class="lead">{t.lead}</p>
      <div class="actions">
        <a class="button" href={`${basePath}/login`}>
          {t.signIn}
        </a>
        {home === null ? null : (
          <a class="button quiet" href={home}>
            {fill(t.home, { site: theme.name })}
          </a>
        )}
      </div>
    </>,
  )
}
