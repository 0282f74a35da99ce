// An account that a stranger has made with somebody else's address, and left every way in at that there is.
import { randomBytes, randomInt } from 'node:crypto'
import type { TestGateway } from './gateway.ts'
import { goodPassword, mailTo } from './people.ts'
import { type Visitor, newVisitor } from './visitor.ts'

export interface PreparedAccount {
  readonly userId: string
  readonly stranger: Visitor
  /** Of the stranger's own sign-up, which the owner of the address is sent. */
  readonly signUp: { readonly token: string; readonly code: string }
}

/** What no path of today leaves behind, an older one may have. */
const leftBehind: readonly (readonly [statement: string, value: () => string])[] = [
  ['insert into totp_credentials (user_id, secret, confirmed_at) values ($1, $2, now())', () => 'x'],
  ['insert into backup_codes (user_id, code_hash) values ($1, $2)', () => 'x'],
  [
    `insert into passkeys (id, user_id, credential_id, public_key, counter, name, is_backup_eligible, is_backed_up)
     values (gen_random_uuid(), $1, $2, 'x', 0, 'x', false, false)`,
    () => randomBytes(8).toString('hex'),
  ],
  [
    `insert into phone_credentials (user_id, phone, use) values ($1, $2, 'second-factor')`,
    () => `+4930${randomInt(1e6, 1e7)}`,
  ],
  [
    'insert into identities (id, user_id, subject) values (gen_random_uuid(), $1, $2)',
    () => `https://elsewhere.example#stranger-${randomBytes(8).toString('hex')}`,
  ],
  [
    `with client as (
       insert into oauth_clients (id, name, auth_method, redirect_uris, grant_types, scopes)
       values ($2, 'x', 'none', '{}', '{}', '{}') returning id)
     insert into oauth_consents (user_id, client_id, scopes) select $1::uuid, id, '{openid}' from client`,
    () => `client-${randomBytes(8).toString('hex')}`,
  ],
]

export async function prepareAccount(gateway: TestGateway, email: string): Promise<PreparedAccount> {
  const stranger = newVisitor(gateway)
  const account = { email, password: goodPassword, name: 'Stranger', phone: '+49301234567' }
  await stranger.send('POST', '/auth/v1/signup', account)
  const signUp = await mailTo(gateway, email)
  const answer = await stranger.send('POST', '/auth/v1/login', { email, password: goodPassword })
  const userId = ((await answer.json()) as { user: { id: string } }).user.id
  for (const [statement, value] of leftBehind) await gateway.sql(statement, [userId, value()])
  return { userId, stranger, signUp }
}

/** How many there are of everything that would let the stranger in, or says who they are. */
export async function remainsOf(gateway: TestGateway, userId: string): Promise<unknown> {
  const tables = ['password_credentials', 'totp_credentials', 'backup_codes', 'passkeys', 'phone_credentials']
  const counts = [...tables, 'oauth_consents'].map(
    (table) => `(select count(*)::integer from ${table} where user_id = $1) as ${table}`,
  )
  const [row] = await gateway.sql(
    `select name, phone, ${counts.join(', ')},
       (select count(*)::integer from identities where user_id = $1 and subject not like 'email:%') as identities,
       (select count(*)::integer from challenges where user_id = $1 and consumed_at is null) as challenges
     from users where id = $1`,
    [userId],
  )
  return row
}

export const nothingRemains = {
  name: null,
  phone: null,
  password_credentials: 0,
  totp_credentials: 0,
  backup_codes: 0,
  passkeys: 0,
  phone_credentials: 0,
  oauth_consents: 0,
  identities: 0,
  challenges: 0,
}
