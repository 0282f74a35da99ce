// An authenticator app of its own making: RFC 6238 and RFC 4648 written down again, so that the library which the worker
// uses is not its own judge.
import { createHmac } from 'node:crypto'
import type { TestGateway } from './gateway.ts'
import type { Person } from './people.ts'
import type { Visitor } from './visitor.ts'
import { prepared } from './prepared.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** The code of a moment; `steps` later or earlier. */
export function totpCode(secret: string, { atMs = Date.now(), steps = 0, digits = 6 } = {}): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / 30_000) + steps))
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits).padStart(digits, '0')
}

export interface Authenticator {
  readonly secret: string
  readonly backupCodes: readonly string[]
}

/** Sets up an app for somebody who has just signed in. */
export async function enrol(visitor: Visitor): Promise<Authenticator> {
  const started = await prepared('setting up', 200, () => visitor.change('POST', '/auth/v1/mfa/totp/start'))
  const { secret } = (await started.json()) as { secret: string }
  const finished = await visitor.change('POST', '/auth/v1/mfa/totp/finish', { code: totpCode(secret) })
  if (finished.status !== 200) throw new Error(`confirming answered ${finished.status}`)
  const { backup_codes: backupCodes } = (await finished.json()) as { backup_codes: string[] }
  return { secret, backupCodes }
}

/** What time would do: the steps that were used are long over, and so are the wrong tries. */
export async function letTimePass(gateway: TestGateway, { userId }: Pick<Person, 'userId'>): Promise<void> {
  await gateway.sql(
    'update totp_credentials set last_step = last_step - 10, failures = 0, locked_until = null where user_id = $1',
    [userId],
  )
}
