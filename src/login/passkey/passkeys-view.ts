// The page of a person's passkeys, and what it has to be told.
import { orNone } from '../../db/missing-tables.ts'
import { findHandle } from '../../db/queries/passkeys.ts'
import { text } from '../../db/values.ts'
import type { Exchange } from '../../exchange.ts'
import type { FormProblem } from '../../forms/answer.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireSession } from '../../forms/require-session.ts'
import type { Page } from '../../pages/layout.tsx'
import { passkeysPage } from '../../pages/passkeys-page.tsx'
import type { NoticeKey } from '../../pages/texts/en.ts'
import { ownPasskeys } from './own-passkeys.ts'
import type { PasskeySite } from './site.ts'

/** Asked for before a form is answered, and shown after it, with what was wrong if something was. */
export async function passkeysView(
  exchange: Exchange,
  site: PasskeySite,
): Promise<(said: { readonly notice?: NoticeKey | undefined; readonly problem?: FormProblem }) => Page> {
  const { userId, email, name } = requireSession(exchange).lease.principal
  const [passkeys, [handle]] = await Promise.all([
    ownPasskeys(exchange),
    orNone(() => exchange.database.read(findHandle(userId))),
  ])
  return ({ notice, problem }) =>
    passkeysPage({
      ...questionBase(exchange, null, problem),
      notice,
      offer: { domain: site.domain },
      passkeys: passkeys.map(({ id, name, createdAtMs, lastUsedAtMs, isBackedUp }) => ({
        id,
        name,
        createdAt: createdAtMs,
        lastUsedAt: lastUsedAtMs,
        isBackedUp,
      })),
      accepted:
        handle === undefined
          ? null
          : {
              userId: text(handle, 'handle'),
              ids: passkeys.map(({ credentialId }) => credentialId),
              name: email,
              displayName: name ?? email,
            },
    })
}
