import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalTarget } from '../../src/access/canonical-target.ts'
import { craftedTargets } from '../support/crafted-targets.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { originNormalisers } from '../support/origin-normalisers.ts'
import { newPerson } from '../support/people.ts'
import { type RawAnswer, header, sendRaw } from '../support/raw-http.ts'
import { type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts'
import { newAddress } from '../support/visitor.ts'

const host = 'site.example'
const targets = craftedTargets({ publicPrefix: '/public', protectedPath: '/admin/secret' })
const protectedPage = /^\/admin(?:\/|$)/
const atOnce = 12

let origin: RecordingOrigin
let gateway: TestGateway
let cookie: string
beforeAll(async () => {
  origin = await startRecordingOrigin()
  gateway = await startGateway({ originUrl: origin.url })
  const { visitor } = await newPerson(gateway)
  cookie = `__Host-portcullis=${visitor.cookies.get('__Host-portcullis') ?? ''}`
})
afterAll(async () => {
  await gateway.stop()
  await origin.stop()
})

type Outcome = { readonly target: string; readonly answer: RawAnswer | null; readonly reached: string | null }
type Try = Omit<Outcome, 'reached'> & { readonly probe: string }

/** Every target once, with the probe number by which the origin's records are found again. */
async function tryAll(who: string, extra: string): Promise<Outcome[]> {
  const tries: Try[] = []
  const port = gateway.workerd.ports[0] ?? 0
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < targets.length; index = next++) {
      const target = targets[index] ?? ''
      const probe = `${who}-${index}`
      const head = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\ncf-connecting-ip: ${newAddress()}\r\nx-probe: ${probe}\r\n${extra}\r\n`
      const answer = await sendRaw(port, head)
      tries.push({ target, answer, probe })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  const urls = new Map(
    origin.received.map(({ headers, url }) => [headers.find(([name]) => name === 'x-probe')?.[1] ?? '', url]),
  )
  return tries.map(({ target, answer, probe }) => ({ target, answer, reached: urls.get(probe) ?? null }))
}

/**
 * What workerd's own HTTP server makes of a request target before the gateway sees it: a fragment is dropped, the
 * absolute form loses its authority, and a bare name is the authority form, whose path is empty.
 */
function asHandedOver(target: string): string {
  const path = target.replace(/#.*$/s, '').replace(/^https?:\/\/[^/?]*/, '')
  return path.startsWith('/') ? path : '/'
}

const statusOf = ({ answer }: Outcome): number => answer?.status ?? 0

function checkAll(outcomes: readonly Outcome[]): void {
  expect(outcomes.length).toBeGreaterThanOrEqual(600)
  const faults = outcomes.filter((outcome) => statusOf(outcome) >= 500 || outcome.answer === null)
  expect(faults.map(({ target, answer }) => [target, answer?.status])).toEqual([])
  const served = outcomes.filter(({ reached }) => reached !== null)
  // Something must get through, or nothing was tested.
  expect(served.length).toBeGreaterThan(100)
  const bypasses = served.flatMap(({ target, reached }) =>
    originNormalisers.flatMap(({ name, read }) =>
      protectedPage.test(read(reached ?? '')) ? [`${target} → ${reached} at ${name}`] : [],
    ),
  )
  expect(bypasses).toEqual([])
  const altered = served.filter(({ target, reached }) => {
    const judged = canonicalTarget(`http://${host}${asHandedOver(target)}`, host)
    return !judged.ok || judged.target.path + judged.target.search !== reached
  })
  expect(altered.map(({ target, reached }) => [target, reached])).toEqual([])
}

describe('of all crafted targets', () => {
  it('none brings a stranger to the protected page, fails, or reaches the origin in other bytes than were judged', async () => {
    checkAll(await tryAll('nobody', ''))
  }, 180_000)

  it('none brings somebody without the role there either', async () => {
    const outcomes = await tryAll('person', `Cookie: ${cookie}\r\n`)
    checkAll(outcomes)
    // The cookie was good: pages for anybody who is signed in were served.
    expect(outcomes.some(({ reached }) => reached !== null && !reached.startsWith('/public'))).toBe(true)
  }, 180_000)

  it('all that reach the gateway carry an answer of its own or of the site, and a request id', async () => {
    const answer = await sendRaw(
      gateway.workerd.ports[0] ?? 0,
      `GET /public/..%2fadmin/secret HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    )
    expect(answer?.status).toBe(400)
    expect(answer === null ? null : header(answer, 'x-portcullis-response')).toBe('bad_target')
    expect(answer === null ? null : header(answer, 'x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})
