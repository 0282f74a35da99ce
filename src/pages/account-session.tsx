/** @jsxImportSource hono/jsx */
import { deviceText } from './device-name.ts'
import { PostForm, SubmitButton } from './form.tsx'
import type { Moment } from './format.ts'
import { type ShownPlace, placeText } from './place-text.ts'
import type { Texts } from './texts/en.ts'
import { Time } from './time.tsx'

export type SessionRow = {
  readonly id: string
  readonly createdAt: Moment
  readonly lastSeenAt: Moment
  readonly ip: string | null
  readonly place: ShownPlace | null
  readonly userAgent: string | null
  readonly isCurrent: boolean
}

type ItemProps = { session: SessionRow; texts: Texts; basePath: string; csrfToken: string }

export const SessionItem = ({ session, texts, basePath, csrfToken }: ItemProps) => {
  const t = texts.account
  const device = deviceText(session.userAgent, t)
  const place = session.place === null ? null : placeText(session.place, texts.lang)
  return (
    <li class="session">
      <div>
        <h3>
          {device} {session.isCurrent ? <span class="tag">{t.current}</span> : null}
        </h3>
        <dl class="facts">
          <dt>{t.lastSeen}</dt>
          <dd>
            <Time moment={session.lastSeenAt} lang={texts.lang} />
          </dd>
          <dt>{t.signedIn}</dt>
          <dd>
            <Time moment={session.createdAt} lang={texts.lang} />
          </dd>
          {place === null ? null : (
            <>
              <dt>{t.place}</dt>
              <dd>{place}</dd>
            </>
          )}
          {session.ip === null ? null : (
            <>
              <dt>{t.ip}</dt>
              <dd>{session.ip}</dd>
            </>
          )}
        </dl>
      </div>
      <PostForm action={`${basePath}/account/sessions/revoke`} csrfToken={csrfToken}>
        <input type="hidden" name="id" value={session.id} />
        <SubmitButton quiet small>
          {t.revoke} <span class="hidden">{device}</span>
        </SubmitButton>
      </PostForm>
    </li>
  )
}
