// What an account can be asked second, and what can become of it between a question and its answer.
import { expect } from 'vitest'
import { v7 as uuidv7 } from 'uuid'
import { enrol, letTimePass, totpCode } from './authenticator.ts'
import { type Somebody, type Told, type World, post } from './entrance.ts'
import { enrolPasskey } from './passkey.ts'
import { goodPassword } from './people.ts'
import { codeTo, newNumber, textsTo } from './phones.ts'
import { type Visitor, newVisitor } from './visitor.ts'

async function withApp(world: World, who: Somebody): Promise<void> {
  const { secret } = await enrol(who.visitor)
  await letTimePass(world.gateway, who)
  who.prove = (token) =>
    post(world, '/auth/v1/mfa/verify', { mfa_token: token, method: 'totp', code: totpCode(secret) })
}

/** What an account is asked second, or could be. */
export const factors = {
  none: () => Promise.resolve(),
  'an app': withApp,
  'an app that wrong codes have locked': async (world, who) => {
    await withApp(world, who)
    await world.gateway.sql(
      "update totp_credentials set failures = 5, failed_at = now(), locked_until = now() + interval '1 hour' where user_id = $1",
      [who.userId],
    )
  },
  texts: async (world, who) => {
    const phone = newNumber()
    who.number = phone
    await world.gateway.sql("insert into phone_credentials (user_id, phone, use) values ($1, $2, 'second-factor')", [
      who.userId,
      phone,
    ])
    const byText = async (token: string, visitor?: Visitor): Promise<Response> => {
      const before = textsTo(world.gateway, phone).length
      const asked = await post(world, '/auth/v1/mfa/sms/start', { mfa_token: token })
      if (asked.status !== 202) return asked
      const code = await codeTo(world.gateway, phone, before)
      return post(world, '/auth/v1/mfa/verify', { mfa_token: token, method: 'sms', code }, visitor)
    }
    who.prove = byText
    // Signed in anew, by the text as well: the session from before does not know of it.
    const visitor = newVisitor(world.gateway)
    const paused = await visitor.send('POST', '/auth/v1/login', { email: who.email, password: goodPassword })
    await byText(((await paused.json()) as Told).mfa_token ?? '', visitor)
    who.visitor = visitor
  },
  'a passkey and no password': async ({ gateway }, who) => {
    await enrolPasskey(who.visitor, gateway.url)
    await gateway.sql('delete from password_credentials where user_id = $1', [who.userId])
  },
} as const satisfies Readonly<Record<string, (world: World, who: Somebody) => Promise<void>>>

const by =
  (...statements: readonly string[]) =>
  async ({ gateway }: World, { userId }: Somebody): Promise<void> => {
    for (const statement of statements) await gateway.sql(statement, [userId])
  }

const remove = 'update users set deleted_at = now() where id = $1'
const restore = 'update users set deleted_at = null where id = $1'
const unconfirm = 'update users set email_verified_at = null where id = $1'

/** What happens to an account between the question and the answer; restoring is the operator's act in the database. */
export const states = {
  confirmed: by(),
  unconfirmed: by(unconfirm),
  'unconfirmed for a day': by(
    unconfirm,
    "update users set created_at = created_at - interval '25 hours' where id = $1",
  ),
  locked: by("update users set status = 'locked' where id = $1"),
  deleted: by(remove),
  restored: by(remove, restore),
  'to be restored when its address and phone are somebody else’s': async (world, who) => {
    const { gateway } = world
    await by(remove)(world, who)
    const newcomer = uuidv7()
    await gateway.sql("insert into users (id, email, email_verified_at, shard) values ($1, $2, now(), 'xx-0')", [
      newcomer,
      who.email,
    ])
    // As whoever proves a number of a deleted account gets it.
    await gateway.sql('delete from phone_credentials where user_id = $1', [who.userId])
    if (who.number !== null)
      await gateway.sql("insert into phone_credentials (user_id, phone, use) values ($1, $2, 'sign-in')", [
        newcomer,
        who.number,
      ])
    await expect(by(restore)(world, who)).rejects.toThrow(/users_email_key/)
  },
} as const satisfies Readonly<Record<string, (world: World, who: Somebody) => Promise<void>>>
