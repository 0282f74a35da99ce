// An object that decides cannot be reached: what is public stays open, and nobody is let in on a guess.
import { globSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BreakableGateway, startBreakableGateway } from '../support/breakable-gateway.ts'
import { newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

let breakable: BreakableGateway
beforeEach(async () => {
  breakable = await startBreakableGateway()
})
afterEach(() => breakable.stop())

/** What no object can be made from: its constructor fails, as it does on a machine that is unwell. */
async function breakObjects(kind: 'UserObject' | 'LimitObject'): Promise<void> {
  const { gateway, storageDir } = breakable
  await gateway.workerd.kill()
  const objects = globSync(join(storageDir, `*-${kind}`, `${'[0-9a-f]'.repeat(64)}.sqlite`))
  expect(objects.length).toBeGreaterThan(0)
  for (const file of objects) {
    writeFileSync(file, 'no database at all')
    for (const beside of [`${file}-wal`, `${file}-shm`]) rmSync(beside, { force: true })
  }
  await gateway.workerd.restart()
}

describe('limit objects that cannot be reached', () => {
  it('keep passwords from being tried, and leave people in who are in', async () => {
    const { gateway } = breakable
    const { visitor, email, password } = await newPerson(gateway)
    await breakObjects('LimitObject')
    // The address decides which object counts.
    const login = await newVisitor(gateway, visitor.ip).send('POST', '/auth/v1/login', { email, password })
    expect([login.status, login.headers.get('retry-after'), login.headers.getSetCookie()]).toEqual([503, '5', []])
    expect((await visitor.send('GET', '/private')).status).toBe(200)
  })
})

describe('user objects that cannot be reached', () => {
  it('leave what is public open to people with a session, and answer for nothing else', async () => {
    const { gateway } = breakable
    const { visitor } = await newPerson(gateway)
    expect((await visitor.send('GET', '/private')).status).toBe(200)
    await breakObjects('UserObject')
    expect((await visitor.send('GET', '/public/x')).status).toBe(200)
    for (const path of ['/private', '/admin/x', '/auth/v1/session', '/auth/v1/sessions']) {
      const answer = await visitor.send('GET', path)
      expect([path, answer.status, answer.headers.get('retry-after')]).toEqual([path, 503, '5'])
    }
    expect((await newVisitor(gateway).send('GET', '/private')).status).toBe(401)
  })
})
