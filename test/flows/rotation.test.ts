// A session gets a new secret after a week: once, without signing anybody out, and the old one does not live on.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BreakableGateway, startBreakableGateway } from '../support/breakable-gateway.ts'
import type { DatabaseProxy } from '../support/database-proxy.ts'
import type { TestGateway } from '../support/gateway.ts'
import { type Person, newPerson } from '../support/people.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

const cookieName = '__Host-portcullis'
const graceMs = 60_000

let breakable: BreakableGateway
let gateway: TestGateway
let proxy: DatabaseProxy
beforeAll(async () => {
  breakable = await startBreakableGateway()
  ;({ proxy, gateway } = breakable)
})
afterAll(() => breakable.stop())

/** A person whose session is eight days old and that no object has seen since. */
async function dueSession(): Promise<{ person: Person; old: string }> {
  const person = await newPerson(gateway)
  await gateway.sql("update sessions set rotated_at = now() - interval '8 days' where user_id = $1", [person.userId])
  return { person, old: person.visitor.cookies.get(cookieName) ?? '' }
}

function holderOf(cookie: string): Visitor {
  const visitor = newVisitor(gateway)
  visitor.cookies.set(cookieName, cookie)
  return visitor
}

const newCookies = (answer: Response): string[] =>
  answer.headers.getSetCookie().filter((line) => line.startsWith(`${cookieName}=`) && !/max-age=0/i.test(line))

async function statusWith(cookie: string): Promise<number> {
  return (await holderOf(cookie).send('GET', '/private')).status
}

describe('a session whose secret is a week old', () => {
  it('gets exactly one new one, however many requests come at once, and all of them are served', async () => {
    const { person, old } = await dueSession()
    const answers = await Promise.all(Array.from({ length: 80 }, () => holderOf(old).send('GET', '/private')))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 80 }, () => 200))
    const given = answers.flatMap(newCookies)
    expect(given.length).toBe(1)
    expect(given[0]).toMatch(/; Path=\/; Secure; HttpOnly; SameSite=Lax; Expires=/)
    const successor = given[0]?.split(';')[0]?.slice(cookieName.length + 1) ?? ''
    expect(successor).not.toBe(old)
    expect([await statusWith(successor), await statusWith(old)]).toEqual([200, 200])
    const events = await gateway.sql(
      "select outcome from audit_events where user_id = $1 and type = 'session.rotated'",
      [person.userId],
    )
    expect(events).toEqual([{ outcome: 'success' }])
  })

  it('ends no sooner and no later for it', async () => {
    const { person } = await dueSession()
    const expiry = (): Promise<unknown> =>
      gateway.sql('select id, expires_at from sessions where user_id = $1', [person.userId])
    const before = await expiry()
    expect(newCookies(await person.visitor.send('GET', '/private')).length).toBe(1)
    expect(await expiry()).toEqual(before)
  })

  it('goes on as it is while the database cannot store another', async () => {
    const { person } = await dueSession()
    proxy.mode('refuse', /update sessions set secret_hash/)
    for (let round = 0; round < 5; round += 1) {
      const answer = await person.visitor.send('GET', '/private')
      expect([answer.status, newCookies(answer).length]).toEqual([200, 0])
    }
    // Not tried again by every request.
    expect(proxy.statements().filter((statement) => statement.includes('update sessions set secret_hash')).length).toBe(
      1,
    )
    proxy.mode('pass')
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
  })
})

/** What the object remembers of a rotation, made older than the grace: as if the time had passed while it was at rest. */
async function restartAfterGrace(): Promise<void> {
  await gateway.workerd.kill()
  for (const file of globSync(join(breakable.storageDir, '**/*.sqlite'))) {
    const storage = new DatabaseSync(file)
    const known = storage.prepare("select 1 from sqlite_master where name = 'seen_successors'").get()
    if (known !== undefined) storage.prepare('update seen_successors set at_ms = at_ms - ?').run(graceMs + 1)
    storage.close()
  }
  await gateway.workerd.restart()
}

describe('the secret before the last', () => {
  it('is refused, and recorded as a replay, once its successor was in use for the grace, whatever was restarted', async () => {
    const { person, old } = await dueSession()
    await person.visitor.send('GET', '/private')
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
    await restartAfterGrace()
    // The thief comes first after the restart, before the owner.
    const thief = await holderOf(old).send('GET', '/private')
    expect([thief.status, newCookies(thief).length]).toEqual([401, 0])
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
    const replays = (): Promise<unknown> =>
      gateway.sql("select reason from audit_events where user_id = $1 and type = 'session.replayed'", [person.userId])
    await expect.poll(replays, { timeout: 5000 }).toEqual([{ reason: 'replayed secret' }])
  })

  it('still opens the session after a restart within the grace', async () => {
    const { person, old } = await dueSession()
    await person.visitor.send('GET', '/private')
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
    await gateway.workerd.restart()
    expect(await statusWith(old)).toBe(200)
  })
})
