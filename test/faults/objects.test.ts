// An object that decides cannot be reached: what is public stays open, and nobody is let in on a guess.
import { globSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BreakableGateway, startBreakableGateway } from '../support/breakable-gateway.ts'
import { makeProof, newHolder, nonceOf } from '../support/dpop.ts'
import { tokenLogin } from '../support/oauth.ts'
import { ownToken } from '../support/own-token.ts'
import { newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

let breakable: BreakableGateway
beforeEach(async () => {
  // One object counts, so that it is known which one breaks.
  const bundle = bundleWith({ ...shippedConfig, limits: { shards: 1 } })
  breakable = await startBreakableGateway({ bundle })
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

describe('limit objects that cannot count proofs', () => {
  it('keep bound tokens out, which could be shown by anybody who saw them, and let bearer tokens in', async () => {
    const { gateway } = breakable
    const { access_token: bearer } = await tokenLogin(newVisitor(gateway), await newPerson(gateway))
    const holder = await newHolder()
    const bound = await ownToken(gateway, bearer, { cnf: { jkt: holder.jkt } })
    const url = `${gateway.url}/private`
    const ask = async (path: string, nonce: string): Promise<Response> => {
      const dpop = await makeProof(holder, { method: 'GET', url: gateway.url + path, token: bound, nonce })
      return newVisitor(gateway).send('GET', path, undefined, { authorization: `DPoP ${bound}`, dpop })
    }
    expect((await ask('/private', await nonceOf(gateway))).status).toBe(200)
    await breakObjects('LimitObject')
    const refused = await ask('/private', await nonceOf(gateway))
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect((await ask('/public/x', await nonceOf(gateway))).status).toBe(200)
    expect((await newVisitor(gateway).send('GET', url, undefined, { authorization: `Bearer ${bearer}` })).status).toBe(
      200,
    )
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
