// The daily clean-up: what has expired goes, in batches small enough that no request waits for them.
import type { Database } from '../db/database.ts'
import { deleteOldChallenges } from '../db/queries/challenges.ts'
import { deleteOldAssertions, deleteOldCodes } from '../db/queries/oauth-codes.ts'
import { deleteOldHabits } from '../db/queries/login-habits.ts'
import { purgeAccounts } from '../db/queries/own-account.ts'
import { deleteOldSessions } from '../db/queries/sessions.ts'
import { deleteOldAttempts } from '../db/queries/sign-in-attempts.ts'
import { log } from '../log.ts'

const batch = 500
const pauseMs = 50
const mostBatches = 400
const keepEndedDays = 90
/** As long as anything in them is remembered; see threats/risk/habits.ts. */
const keepHabitsDays = 180

export interface CleanedUp {
  readonly sessions: number
  readonly challenges: number
  readonly accounts: number
}

export async function cleanUp(
  database: Database,
  { purgeAfterDays }: { readonly purgeAfterDays: number },
): Promise<CleanedUp> {
  const sessions = await inBatches(database, () => deleteOldSessions(keepEndedDays, batch))
  const challenges = await inBatches(database, () => deleteOldChallenges(batch))
  const codes = await inBatches(database, () => deleteOldCodes(batch))
  const assertions = await inBatches(database, () => deleteOldAssertions(batch))
  const accounts = await inBatches(database, () => purgeAccounts(purgeAfterDays, batch))
  const habits = await inBatches(database, () => deleteOldHabits(keepHabitsDays, batch))
  const attempts = await inBatches(database, () => deleteOldAttempts(batch))
  log('info', 'cleaned up', { sessions, challenges, codes, assertions, accounts, habits, attempts })
  return { sessions, challenges, accounts }
}

async function inBatches(database: Database, statement: () => Parameters<Database['write']>[0]): Promise<number> {
  let total = 0
  for (let round = 0; round < mostBatches; round += 1) {
    const deleted = (await database.write(statement())).length
    total += deleted
    if (deleted < batch) return total
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  return total
}
