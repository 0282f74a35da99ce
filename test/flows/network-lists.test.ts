// Networks on published lists, as they meet the gateway: watched until the site says otherwise, then kept out.
import { type Server, createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

const token = 'a-token-of-the-test'
const bad = '198.51.100.7'
const shadowed = '198.51.101.7'
const excused = '198.51.100.200'

let publisher: Server
let gateway: TestGateway
let asked = 0

beforeAll(async () => {
  publisher = createServer((request, response) => {
    asked += 1
    const isTor = request.url === '/tor'
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.end(isTor ? '; exits\n198.51.101.0/24 ; all of it\n' : '# bad\n198.51.100.0/24\n2001:db8:bad::/48\n')
  })
  await new Promise<void>((resolve) => publisher.listen(0, '127.0.0.1', resolve))
  const address = publisher.address()
  const base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const threats = {
    lists: [
      { id: 'bad', url: `${base}/bad`, kind: 'threat' },
      { id: 'tor', url: `${base}/tor`, kind: 'anonymiser' },
    ],
    overrides: [{ network: excused, kinds: [] }],
    networkRules: [
      { id: 'no-threats', kinds: ['threat'], state: 'enforce' },
      { id: 'no-tor', kinds: ['anonymiser'] },
    ],
  }
  gateway = await startGateway({
    bundle: bundleWith({ ...shippedConfig, threats }),
    bindings: { METRICS_TOKEN: token },
  })
})
afterAll(async () => {
  await gateway.stop()
  publisher.close()
})

const get = (ip: string, path = '/public/a'): Promise<Response> => newVisitor(gateway, ip).send('GET', path)

async function metrics(): Promise<string> {
  const answer = await fetch(`${gateway.url}/auth/metrics`, { headers: { authorization: `Bearer ${token}` } })
  return answer.text()
}

/** Lists come behind the requests' backs, first from their publishers and then, within seconds, to the isolate. */
async function untilListed(): Promise<void> {
  for (let round = 0; round < 400; round += 1) {
    await (await get('192.0.2.1')).arrayBuffer()
    const text = await metrics()
    if (text.includes('entries{list="bad"} 2') && text.includes('entries{list="tor"} 1')) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the lists did not come')
}

describe('a network on a list', () => {
  it('comes in while the list is being got, and is kept out of everything from then on', async () => {
    expect((await get(bad)).status).toBe(200)
    await untilListed()
    for (const path of ['/public/a', '/auth/login', '/', '/auth/v1/session']) {
      const answer = await get(bad, path)
      expect([path, answer.status, answer.headers.get('x-portcullis-response')]).toEqual([path, 403, 'forbidden'])
    }
    expect((await get('2001:db8:bad::1')).status).toBe(403)
    expect((await get('2001:db8:bae::1')).status).toBe(200)
    expect(asked).toBe(2)
  })

  it('comes in all the same in shadow, and is counted', async () => {
    await untilListed()
    const before = Number(/would_block_total\{rule="no-tor"\} (\d+)/.exec(await metrics())?.[1])
    expect((await get(shadowed)).status).toBe(200)
    expect(Number(/would_block_total\{rule="no-tor"\} (\d+)/.exec(await metrics())?.[1])).toBe(before + 1)
  })

  it('comes in when the site says that it may', async () => {
    await untilListed()
    expect((await get(excused)).status).toBe(200)
  })

  it('is put on record once an hour, and so is the list', async () => {
    await untilListed()
    await Promise.all([get(bad), get(shadowed), get(bad)])
    await expect
      .poll(() =>
        gateway.sql(
          `select type, reason, host(ip) as ip, details->>'enforced' as enforced from audit_events
           where type like 'network%' and (ip is null or family(ip) = 4) order by type, reason`,
        ),
      )
      .toEqual([
        { type: 'network-list.updated', reason: 'bad', ip: null, enforced: null },
        { type: 'network-list.updated', reason: 'tor', ip: null, enforced: null },
        { type: 'network.refused', reason: 'no-threats', ip: bad, enforced: 'true' },
        { type: 'network.refused', reason: 'no-tor', ip: shadowed, enforced: 'false' },
      ])
  })
})
