// Phones of people, as far as the vendor of texts is concerned.
import { randomInt } from 'node:crypto'
import type { TestGateway } from './gateway.ts'
import type { Person } from './people.ts'
import { prepared } from './prepared.ts'

let last = randomInt(1_000_000)

/** A German mobile's that no other test has. */
export function newNumber(): string {
  last += 1
  return `+4915${String(200_000_000 + last)}`
}

/** The code of the newest text to a number; waits, as texts are sent after the answer. */
export async function codeTo(gateway: TestGateway, number: string, afterTexts = 0): Promise<string> {
  for (let round = 0; round < 400; round += 1) {
    const texts = textsTo(gateway, number)
    const code = /\b\d{6}\b/.exec(texts.at(-1)?.text ?? '')?.[0]
    if (texts.length > afterTexts && code !== undefined) return code
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('no text came')
}

export function textsTo(gateway: TestGateway, number: string) {
  return gateway.mail.sms.messages().filter(({ to }) => to === number)
}

/** Through the front door, by whoever has just signed in. */
export async function enrolPhone(
  gateway: TestGateway,
  { visitor }: Pick<Person, 'visitor'>,
  { number = newNumber(), use = 'sign-in' }: { number?: string; use?: 'sign-in' | 'second-factor' } = {},
): Promise<string> {
  await prepared('setting up', 202, () => visitor.change('POST', '/auth/v1/phone/enrol/start', { phone: number, use }))
  const code = await codeTo(gateway, number)
  const finished = await visitor.change('POST', '/auth/v1/phone/enrol/finish', { code })
  if (finished.status !== 200) throw new Error(`confirming answered ${finished.status}`)
  return number
}
