/** @jsxImportSource hono/jsx */
import type { Moment } from './format.ts'
import { layout, type Page, type PageBase } from './layout.tsx'
import { safeHref } from './safe-href.ts'
import type { Texts } from './texts/en.ts'
import { Time } from './time.tsx'

export type InboxItem = {
  readonly channel: string
  readonly to: string
  readonly subject: string | null
  readonly text: string
  readonly links: readonly string[]
  readonly code: string | null
  readonly at: Moment
}

export type InboxPageProps = PageBase & { readonly items: readonly InboxItem[] }

const SafeLink = ({ address }: { address: string }) => {
  const href = safeHref(address)
  return href === null ? (
    <>{address}</>
  ) : (
    <a href={href} rel="noreferrer">
      {address}
    </a>
  )
}

const Message = ({ item, texts }: { item: InboxItem; texts: Texts }) => {
  const t = texts.inbox
  return (
    <li>
      <h2>
        {item.subject ?? t.noSubject} <span class="tag">{item.channel}</span>
      </h2>
      <dl class="facts">
        <dt>{t.to}</dt>
        <dd>{item.to}</dd>
        <dt>{t.sent}</dt>
        <dd>
          <Time moment={item.at} lang={texts.lang} />
        </dd>
        {item.code === null ? null : (
          <>
            <dt>{t.code}</dt>
            <dd>
              <code class="code-shown">{item.code}</code>
            </dd>
          </>
        )}
        {item.links.length === 0 ? null : (
          <>
            <dt>{t.links}</dt>
            {item.links.map((address) => (
              <dd>
                <SafeLink address={address} />
              </dd>
            ))}
          </>
        )}
      </dl>
      <p class="message">{item.text}</p>
    </li>
  )
}

export function inboxPage({ theme, texts, items }: InboxPageProps): Page {
  const t = texts.inbox
  return layout(
    { theme, texts, title: t.title, wide: true },
    <>
      <p class="lead">{t.lead}</p>
      {items.length === 0 ? <p>{t.empty}</p> : null}
      <ul class="list">
        {items.map((item) => (
          <Message item={item} texts={texts} />
        ))}
      </ul>
    </>,
  )
}
