// Each preset by its vendor's own addresses: the key set is fetched where the preset says, and tokens shaped as the vendor documents
// them are signed, shown at the front door, and believed or not.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Internet, startInternet } from '../support/internet.ts'
import { type SigningKey, createSigningKey, inSeconds, signToken } from '../support/issuer.ts'
import { type PresetSample, presetSamples, sampleSecond } from '../support/preset-samples.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

const algorithmOf = ({ row }: PresetSample): string => (row['preset'] === 'supabase' ? 'ES256' : 'RS256')

const keys = new Map<string, SigningKey>()
let internet: Internet
let gateway: TestGateway
beforeAll(async () => {
  const documents = new Map<string, unknown>()
  for (const [name, sample] of Object.entries(presetSamples)) {
    const key = await createSigningKey(algorithmOf(sample))
    keys.set(name, key)
    documents.set(sample.jwksUrl, { keys: [key.publicJwk] })
  }
  internet = await startInternet(documents)
  const issuers = Object.values(presetSamples).map(({ row }) => row)
  gateway = await startGateway({
    bundle: bundleWith({ ...shippedConfig, issuers }),
    outboundProxy: internet.address,
  })
})
afterAll(async () => {
  await gateway.stop()
  await internet.stop()
})

const send = (token: string): Promise<Response> =>
  newVisitor(gateway).send('GET', '/private', undefined, { authorization: `Bearer ${token}` })

const reasonOf = async (answer: Response): Promise<unknown> =>
  (
    await gateway.sql("select reason from audit_events where type = 'token.refused' and request_id = $1", [
      answer.headers.get('x-request-id'),
    ])
  )[0]?.['reason']

/** Times in a sample are of its own second; here they are of now. */
const ofNow = (claims: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [
      name,
      ['nbf', 'auth_time'].includes(name) ? Number(value) + inSeconds(0) - sampleSecond : value,
    ]),
  )

describe.each(Object.entries(presetSamples))('the preset %s', (name, sample) => {
  const signed = async (changed: Readonly<Record<string, unknown>> = {}, key = keys.get(name)): Promise<string> => {
    if (key === undefined) throw new Error('no key')
    const times = { iat: inSeconds(0), exp: inSeconds(300) }
    const claims = { ...times, iss: sample.issuer, ...ofNow(sample.claims), ...changed }
    return signToken(key, claims, { typ: sample.header ?? undefined })
  }

  it('lets in who comes with its token, by the keys at the vendor’s address', async () => {
    const token = await signed()
    await expect.poll(async () => (await send(token)).status, { timeout: 30_000, interval: 500 }).toBe(200)
    expect(internet.asked.filter((url) => url === sample.jwksUrl)).toHaveLength(1)
    const subject = sample.subject['identity'] ?? `${sample.issuer}#${String(sample.claims['sub'])}`
    expect(await gateway.sql('select 1 as one from identities where subject = $1', [subject])).toEqual([{ one: 1 }])
  })

  it('keeps out what another key signed under the same name', async () => {
    const known = keys.get(name)
    const other = await createSigningKey(algorithmOf(sample))
    const answer = await send(
      await signed({}, { ...other, publicJwk: { ...other.publicJwk, kid: known?.publicJwk.kid ?? '' } }),
    )
    expect(answer.status).toBe(401)
    await expect.poll(() => reasonOf(answer), { timeout: 5000 }).toBe('wrong signature')
  })

  it.each(Object.entries(sample.others))('keeps out %s', async (_, changed) => {
    const answer = await send(await signed(changed))
    expect(answer.status).toBe(401)
    await expect.poll(() => reasonOf(answer), { timeout: 5000 }).toMatch(/^wrong (?:type|audience)$/)
  })
})
