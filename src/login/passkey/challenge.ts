// Questions to an authenticator: kept here, good once, for five minutes, for the browser that asked and for one purpose.
import { v7 as uuidv7 } from 'uuid'
import {
  type Asked,
  type PasskeyPurpose,
  askPasskey,
  spendPasskeyChallenge,
} from '../../db/queries/passkey-challenges.ts'
import { type PasskeyKey, passkeyKey } from '../../db/queries/passkeys.ts'
import type { Row } from '../../db/database.ts'
import { text, textOrNull, texts } from '../../db/values.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { minuteMs } from '../../kit/duration.ts'
import { randomToken } from '../../kit/random.ts'
import { hashSecret } from '../../sessions/token.ts'
import { readClientData } from './client-data.ts'
import type { AllowedPasskey } from './decoys.ts'
import { inNewTables } from './new-tables.ts'

export const challengeLifetimeMs = 5 * minuteMs

export interface AskedChallenge {
  readonly id: string
  readonly challenge: string
  readonly allowed: readonly AllowedPasskey[]
}

/** Null: whoever it was about does not wait any more. */
export async function ask(
  { database, deps, client }: Exchange,
  facts: { readonly purpose: PasskeyPurpose; readonly asker: string; readonly asked: Asked },
): Promise<AskedChallenge | null> {
  const [id, challenge] = [uuidv7(), randomToken(32)]
  const row = {
    id,
    purpose: facts.purpose,
    challengeHash: hashSecret(challenge),
    askerHash: hashSecret(facts.asker),
    ip: client.ip,
    expiresAtMs: deps.now() + challengeLifetimeMs,
  }
  const rows = await inNewTables(() => database.write(askPasskey(row, facts.asked)))
  return rows.length === 0 ? null : { id, challenge, allowed: rows.flatMap(allowedOf) }
}

function allowedOf(row: Row): readonly AllowedPasskey[] {
  const credentialId = textOrNull(row, 'credential_id')
  return credentialId === null ? [] : [{ credentialId, transports: texts(row, 'transports') }]
}

export interface GivenAnswer {
  readonly challengeId: string | null
  readonly clientDataJSON: string
  readonly credentialId: string
}

/** A challenge that was spent just now, and the passkey that is said to answer it. */
export interface Spent {
  readonly purpose: PasskeyPurpose
  readonly askedUserId: string | null
  readonly claimed: PasskeyKey | null
}

/** Spends the challenge that the answer carries, whatever comes of the answer; throws alike for every way there is none. */
export async function spend(
  exchange: Exchange,
  given: GivenAnswer,
  from: { readonly purposes: readonly PasskeyPurpose[]; readonly asker: string | null },
): Promise<Spent> {
  const client = readClientData(given.clientDataJSON)
  const statement = spendPasskeyChallenge({
    id: given.challengeId,
    purposes: from.purposes,
    challengeHash: hashSecret(client?.challenge ?? ''),
    askerHash: hashSecret(from.asker ?? ''),
    credentialId: given.credentialId,
    ip: exchange.client.ip,
  })
  const [row] =
    client === null || from.asker === null ? [] : await inNewTables(() => exchange.database.write(statement))
  if (row !== undefined) return spentOf(row)
  const details = { purpose: from.purposes[0] ?? null }
  await exchange.deps.audit.record('challenge.failed', auditSource(exchange), { reason: 'passkey', details })
  throw new GatewayError(reject('invalid_or_expired', 'no such passkey challenge'))
}

function spentOf(row: Row): Spent {
  return {
    // Written by this worker, from that type.
    purpose: text(row, 'purpose') as PasskeyPurpose,
    askedUserId: textOrNull(row, 'asked_user_id'),
    claimed: textOrNull(row, 'id') === null ? null : passkeyKey(row),
  }
}
