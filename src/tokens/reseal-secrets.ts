// After a change of DATA_KEY: the secrets of authenticator apps are sealed anew, also of people who never use them, so that
// the key before can go. Safe to repeat, and beside sign-ins, which do the same to the secret they read.
import type { Queries } from '../db/database.ts'
import {
  type SealedSecret,
  countSealedOtherwise,
  findSealedOtherwise,
  replaceSealed,
  sealedSecret,
} from '../db/queries/sealed-secrets.ts'
import { number } from '../db/values.ts'
import type { SealedTexts } from './sealed-text.ts'
import { totpPlace } from './totp-place.ts'

const batch = 200
const pauseMs = 50
const mostBatches = 500
const beforeAnybody = '00000000-0000-0000-0000-000000000000'

export interface Resealed {
  readonly resealed: number
  /** Not sealed by the key in force: what no key at hand opens, and what a later run has to do. */
  readonly left: number
}

export async function resealSecrets(database: Queries, sealed: SealedTexts): Promise<Resealed> {
  let [resealed, after] = [0, beforeAnybody]
  for (let round = 0; round < mostBatches; round += 1) {
    const rows = await database.read(findSealedOtherwise(sealed.mark, after, batch))
    const changes = (await Promise.all(rows.map((row) => anew(sealed, sealedSecret(row))))).filter(
      (one) => one !== null,
    )
    if (changes.length > 0) resealed += (await database.write(replaceSealed(changes))).length
    const last = rows.at(-1)
    if (last === undefined || rows.length < batch) break
    after = sealedSecret(last).userId
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  const [count] = await database.read(countSealedOtherwise(sealed.mark))
  return { resealed, left: count === undefined ? 0 : number(count, 'left_over') }
}

/** Null where no key at hand opens it: it stays, for when its key comes back. */
async function anew(
  texts: SealedTexts,
  { userId, sealed }: SealedSecret,
): Promise<(SealedSecret & { resealed: string }) | null> {
  const place = totpPlace(userId)
  const opened = await texts.open(sealed, place).catch(() => null)
  return opened === null ? null : { userId, sealed, resealed: await texts.seal(opened.text, place) }
}
