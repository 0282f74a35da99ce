// The keys of an issuer over hours, with a clock of the test's own and a server that answers as badly as it can.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gatewaySchema } from '../../../src/config/gateway-schema.ts'
import { type KeptKeySet, type KeySetFailure, type KeySource, createRemoteKeys } from '../../../src/tokens/key-sets.ts'
import { badKeySets } from '../../support/bad-key-sets.ts'
import { type Answerer, type TestIssuer, startIssuer } from '../../support/issuer.ts'
import { shippedConfig } from '../../support/site-config.ts'
import { timed } from '../../support/within.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

let issuer: TestIssuer
let nowMs: number
let kept: KeptKeySet | null
let failures: KeySetFailure[]
let behind: Promise<unknown>[]

beforeEach(async () => {
  issuer = await startIssuer()
  nowMs = 1_800_000_000_000
  kept = null
  failures = []
  behind = []
})
afterEach(() => issuer.stop())

const newIsolate = (where: object = { jwksUrl: `${issuer.url}/keys` }): KeySource => {
  const row = { issuer: issuer.url, audiences: ['x'], ...where }
  const [rules] = gatewaySchema.parse({ ...shippedConfig, issuers: [row] }).issuers
  if (rules === undefined) throw new Error('no row')
  return createRemoteKeys(rules, {
    store: () => ({
      read: () => kept,
      keep: (set) => {
        kept = set
      },
    }),
    report: async (failure) => void failures.push(failure),
    now: () => nowMs,
  })
}

const asking = { requestId: 'request', waitUntil: (work: Promise<unknown>) => void behind.push(work) }
const ask = async (
  source: KeySource,
  keyId: string | null = issuer.keys.at(-1)?.publicJwk.kid ?? null,
): Promise<string> => (await source.find({ keyId, algorithm: 'RS256' }, asking)).outcome

/** What goes on behind a request, until nothing does. */
async function settled(): Promise<void> {
  while (behind.length > 0) await Promise.all(behind.splice(0))
}

const down = async (): Promise<void> => {
  await settled()
  await issuer.stop()
}

/** Where a row says its keys are, or that the issuer knows. */
const rows: readonly (readonly [string, () => object])[] = [
  ['its row names', () => ({ jwksUrl: `${issuer.url}/keys` })],
  ['discovery names', () => ({})],
]

/** Each second somebody comes with a key that is there and somebody with an invented one: when the issuer was asked anything. */
async function flooded(
  source: KeySource,
  seconds: number,
  eachSecond = (_: number): void => undefined,
): Promise<number[]> {
  const times: number[] = []
  for (let at = 0; at < seconds; at += 1) {
    const before = issuer.asked.length
    eachSecond(at)
    await ask(source)
    await ask(source, `invented-${at}`)
    await settled()
    for (let count = before; count < issuer.asked.length; count += 1) times.push(nowMs)
    nowMs += second
  }
  return times
}

const mostInAMinute = (times: readonly number[]): number =>
  Math.max(...times.map((start) => times.filter((one) => one >= start && one < start + minute).length))

describe('the keys of an issuer', () => {
  it('are fetched once for all who ask at once', async () => {
    const source = newIsolate()
    expect(new Set(await Promise.all(Array.from({ length: 200 }, () => ask(source))))).toEqual(new Set(['found']))
    expect(issuer.keySetFetches()).toBe(1)
  })

  it('are fetched again behind a request, before they are ten minutes old', async () => {
    const source = newIsolate()
    await ask(source)
    nowMs += 5 * minute - 1
    await ask(source)
    await settled()
    expect(issuer.keySetFetches()).toBe(1)
    nowMs += 1
    issuer.answerer = (_, response) => void setTimeout(() => response.destroy(), 300)
    const { value, ms } = await timed(Promise.all([ask(source), ask(source), ask(source)]))
    expect(value).toEqual(['found', 'found', 'found'])
    expect(ms).toBeLessThan(250)
    await settled()
    expect(issuer.keySetFetches()).toBe(2)
  })

  it('are waited for when they are older than ten minutes', async () => {
    const source = newIsolate()
    await ask(source)
    const old = issuer.keys.splice(0)[0]?.publicJwk.kid ?? ''
    await issuer.newKey()
    nowMs += 10 * minute
    expect(await ask(source, old)).toBe('unknown')
    expect(issuer.keySetFetches()).toBe(2)
  })

  it('vouch for nothing longer than their age allows', async () => {
    const source = newIsolate()
    const relied = async (): Promise<number> => {
      const answer = await source.find({ keyId: null, algorithm: 'RS256' }, asking)
      return answer.outcome === 'found' ? answer.relyUntilMs - nowMs : 0
    }
    expect(await relied()).toBe(5 * minute)
    nowMs += 4 * minute
    expect(await relied()).toBe(minute)
    issuer.answerer = (_, response) => response.destroy()
    nowMs += 3 * minute
    expect(await relied()).toBe(10 * second)
  })

  it('vouch for nothing when they are ten minutes old, unless they cannot be had', async () => {
    const source = newIsolate()
    const relied = async (): Promise<number> => {
      const answer = await source.find({ keyId: null, algorithm: 'RS256' }, asking)
      return answer.outcome === 'found' ? answer.relyUntilMs - nowMs : 0
    }
    await relied()
    nowMs += 10 * minute - second
    // Nobody knows yet whether the issuer can be reached: one is asking.
    let answer: () => void = () => undefined
    issuer.answerer = (_, response) => {
      answer = () => response.destroy()
    }
    expect([await relied(), await relied()]).toEqual([second, second])
    await expect.poll(() => issuer.keySetFetches()).toBe(2)
    answer()
    await settled()
    expect(await relied()).toBe(10 * second)
  })
})

describe('an issuer that cannot be reached', () => {
  it('is somebody nobody can decide about, while nothing is known', async () => {
    await down()
    const source = newIsolate()
    expect(await ask(source)).toBe('unreachable')
    expect(failures).toMatchObject([
      { issuer: issuer.url, reason: 'unreachable', lastGoodAgeMs: null, requestId: 'request' },
    ])
  })

  it('is relied on by what it last said for a day, nobody waits for it, and each failure is told', async () => {
    const source = newIsolate()
    await ask(source)
    await down()
    nowMs += 9 * minute
    expect(await ask(source)).toBe('found')
    await settled()
    nowMs += 23 * hour
    expect(await ask(source)).toBe('found')
    await settled()
    expect(failures.map(({ lastGoodAgeMs }) => lastGoodAgeMs)).toEqual([9 * minute, 23 * hour + 9 * minute])
    nowMs += hour
    expect(await ask(source)).toBe('unreachable')
  })

  it.each(rows)('is asked at most three times a minute where %s them, and not given up', async (_, where) => {
    const hangUp: Answerer = (__, response) => void response.destroy()
    for (const [isAway, answerer] of [
      [true, null],
      // Discovery goes on, and is asked again: the keys may have moved.
      [false, hangUp],
    ] as const) {
      Object.assign(issuer, { isAway, answerer })
      const source = newIsolate(where())
      const times = await flooded(source, 600)
      expect(mostInAMinute(times)).toBeLessThanOrEqual(3)
      expect(times.length).toBeGreaterThan(10)
      Object.assign(issuer, { isAway: false, answerer: null })
      nowMs += minute
      expect(await ask(source)).toBe('found')
      await settled()
      kept = null
    }
  })

  it.each(rows)('is asked no more often for coming and going, where %s them', async (_, where) => {
    for (const period of [7, 19, 31, 47]) {
      issuer.isAway = false
      const source = newIsolate(where())
      kept = null
      const times = await flooded(source, 300, (at) => {
        issuer.isAway = Math.floor(at / period) % 2 === 1
      })
      expect(mostInAMinute(times), `away for ${period} s at a time`).toBeLessThanOrEqual(3)
    }
  })

  it('is heard again when it is back', async () => {
    const source = newIsolate()
    issuer.answerer = (_, response) => response.destroy()
    expect(await ask(source)).toBe('unreachable')
    issuer.answerer = null
    nowMs += 20 * second
    expect(await ask(source)).toBe('found')
  })

  it('is relied on by an isolate that starts in the outage, by what another had fetched', async () => {
    await ask(newIsolate())
    await down()
    nowMs += 3 * hour
    expect(await ask(newIsolate())).toBe('found')
    nowMs += 21 * hour
    expect(await ask(newIsolate())).toBe('unreachable')
  })
})

describe('an isolate that starts', () => {
  it('does not ask the issuer for what another fetched a minute ago', async () => {
    await ask(newIsolate())
    await settled()
    nowMs += minute
    expect(await ask(newIsolate())).toBe('found')
    expect(issuer.keySetFetches()).toBe(1)
  })

  it('uses what another fetched while it fetches anew', async () => {
    await ask(newIsolate())
    await settled()
    nowMs += 7 * minute
    issuer.answerer = () => undefined
    const { value, ms } = await timed(ask(newIsolate()))
    expect(value).toBe('found')
    expect(ms).toBeLessThan(1000)
    await expect.poll(() => issuer.keySetFetches()).toBe(2)
    issuer.answerer = (_, response) => response.destroy()
  })

  it('believes no store more than an issuer', async () => {
    await down()
    for (const text of ['', '{}', '{"keys":[{"kty":"oct","k":"AA"}]}', 'x'.repeat(70_000)]) {
      kept = { text, fetchedAtMs: nowMs }
      expect(await ask(newIsolate())).toBe('unreachable')
    }
  })
})

describe('a key nobody has heard of', () => {
  it('is asked about at once, and then not for thirty seconds, whoever invents more', async () => {
    const source = newIsolate()
    await ask(source)
    nowMs += second
    const { publicJwk } = await issuer.newKey()
    expect(await ask(source, publicJwk.kid)).toBe('found')
    expect(issuer.keySetFetches()).toBe(2)
    for (let at = 0; at < 29; at += 1) {
      nowMs += second
      expect(
        new Set(await Promise.all(Array.from({ length: 50 }, (_, n) => ask(source, `invented-${at}-${n}`)))),
      ).toEqual(new Set(['unknown']))
    }
    expect(issuer.keySetFetches()).toBe(2)
    expect(await ask(source)).toBe('found')
    const another = await issuer.newKey()
    expect(await ask(source, another.publicJwk.kid)).toBe('unknown')
    nowMs += second
    expect(await ask(source, another.publicJwk.kid)).toBe('found')
  })

  it.each(rows)(
    'costs at most three requests a minute where %s the keys, however long it goes on',
    async (_, where) => {
      const times = await flooded(newIsolate(where()), 900)
      expect(mostInAMinute(times)).toBeLessThanOrEqual(3)
      expect(times.length).toBeGreaterThan(25)
    },
    60_000,
  )

  it.each(rows)(
    'is good within 31 seconds of being published where %s the keys, whoever invents others',
    async (_, where) => {
      const source = newIsolate(where())
      await flooded(source, 61)
      for (let offset = 0; offset < 31; offset += 3) {
        await flooded(source, 30 + offset)
        const { publicJwk } = await issuer.newKey()
        // No more than a set may hold.
        if (issuer.keys.length > 10) issuer.keys.shift()
        let waited = 0
        for (; (await ask(source, publicJwk.kid)) !== 'found'; waited += 1) await flooded(source, 1)
        expect(waited).toBeLessThanOrEqual(31)
      }
    },
    60_000,
  )

  it('is the newest for all who wait for it', async () => {
    const source = newIsolate()
    await ask(source)
    const { publicJwk } = await issuer.newKey()
    nowMs += second
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(source, publicJwk.kid)))
    expect(new Set(answers)).toEqual(new Set(['found']))
    expect(issuer.keySetFetches()).toBe(2)
  })
})

describe('a slow fetch', () => {
  it('keeps nobody waiting over five seconds', async () => {
    issuer.answerer = () => undefined
    const startedAt = performance.now()
    // The clock runs, as that is what the bounds are measured by.
    const origin = nowMs
    const ticking = setInterval(() => (nowMs = origin + performance.now() - startedAt), 5)
    const source = newIsolate()
    const { value, ms } = await timed(Promise.all(Array.from({ length: 20 }, () => ask(source))))
    clearInterval(ticking)
    expect(new Set(value)).toEqual(new Set(['unreachable']))
    expect(ms).toBeLessThan(5000)
    expect(issuer.keySetFetches()).toBe(1)
  })

  it('never overwrites what a later one brought', async () => {
    const source = newIsolate()
    await ask(source)
    const oldKey = issuer.keys[0]?.publicJwk.kid ?? ''
    // The first answers late with the old set; the second, started when the first counts as lost, has the new one.
    const oldBody = JSON.stringify({ keys: [issuer.keys[0]?.publicJwk] })
    let answerLate: () => void = () => undefined
    issuer.answerer = (_, response) => {
      answerLate = () => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(oldBody)
      }
    }
    nowMs += 6 * minute
    await ask(source)
    await expect.poll(() => issuer.keySetFetches()).toBe(2)
    const late = behind.splice(0)
    issuer.answerer = null
    issuer.keys.splice(0)
    const fresh = await issuer.newKey()
    nowMs += 30 * second
    expect(await ask(source, fresh.publicJwk.kid)).toBe('found')
    const fetches = issuer.keySetFetches()
    answerLate()
    await Promise.all(late)
    expect([await ask(source, fresh.publicJwk.kid), await ask(source, oldKey)]).toEqual(['found', 'unknown'])
    // Nothing had to be asked again to find that out.
    expect(issuer.keySetFetches()).toBe(fetches)
    await settled()
    expect(kept?.text).toContain(fresh.publicJwk.kid)
  })
})

describe('a key set that is wrong', () => {
  it('is refused whole, told, and the last good one goes on', async () => {
    const good = issuer.keys[0]?.publicJwk ?? {}
    for (const [name, answerer] of Object.entries(badKeySets(good))) {
      issuer.answerer = null
      const source = newIsolate()
      kept = null
      expect([name, await ask(source)]).toEqual([name, 'found'])
      await settled()
      const keptBefore = kept
      failures.splice(0)
      issuer.answerer = answerer
      nowMs += 6 * minute
      expect([name, await ask(source)]).toEqual([name, 'found'])
      await settled()
      expect([name, failures.length]).toEqual([name, 1])
      expect(kept).toBe(keptBefore)
      nowMs += 20 * minute
      expect([name, await ask(source)]).toEqual([name, 'found'])
      expect([name, await ask(source, 'weak')]).toEqual([name, 'unknown'])
      await settled()
      kept = null
      expect([name, await ask(newIsolate())]).toEqual([name, 'unreachable'])
      await settled()
    }
    expect(issuer.asked).not.toContain('/elsewhere')
  }, 60_000)

  it('may hold keys for other things beside ours', async () => {
    const { publicJwk } = issuer.keys[0] ?? { publicJwk: {} }
    const others = [
      { ...publicJwk, kid: 'enc', use: 'enc' },
      { kty: 'EC', crv: 'P-521', kid: 'p521', x: 'AA', y: 'AA' },
      { kty: 'AKP', kid: 'later', pub: 'AA' },
      { ...publicJwk, kid: 'other', alg: 'RS512' },
    ]
    issuer.answerer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/jwk-set+json; charset=utf-8' })
      response.end(
        JSON.stringify({ keys: [...others, { ...publicJwk, key_ops: ['verify'], x5c: ['x'], issuer: 'x' }] }),
      )
    }
    const source = newIsolate()
    expect(await ask(source)).toBe('found')
    for (const kid of ['enc', 'p521', 'later', 'other']) expect(await ask(source, kid)).toBe('unknown')
  })

  it('without a kid in the token is used only where there is no choice', async () => {
    const source = newIsolate()
    expect(await ask(source, null)).toBe('found')
    await issuer.newKey()
    nowMs += 11 * minute
    expect(await ask(source, null)).toBe('unknown')
  })
})

describe('discovery', () => {
  it('is asked for where the keys are, once as long as they are there', async () => {
    const source = newIsolate({})
    expect(await ask(source)).toBe('found')
    nowMs += 11 * minute
    expect(await ask(source)).toBe('found')
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/keys', '/keys'])
  })
})
