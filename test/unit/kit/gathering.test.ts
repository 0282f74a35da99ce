// Many single questions, asked together.
import { describe, expect, it } from 'vitest'
import { createGathering } from '../../../src/kit/gathering.ts'

interface Asked {
  readonly keys: readonly string[]
  readonly leftMs: number
  readonly answer: (answers: ReadonlyMap<string, string>) => void
  readonly fail: (reason: Error) => void
}

function gathering(mostTogether = 100) {
  const asked: Asked[] = []
  const find = createGathering<string>({
    ask: (keys, leftMs) => new Promise((answer, fail) => asked.push({ keys, leftMs, answer, fail })),
    waitMs: 1000,
    mostTogether,
    mostUnderWay: 2,
  })
  return { asked, find }
}

const upperCase = (keys: readonly string[]) => new Map(keys.map((key) => [key, key.toUpperCase()]))
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('a gathering of questions', () => {
  it('asks at once while few are under way, then together, each key once', async () => {
    const { asked, find } = gathering()
    const answers = Promise.all(['a', 'b', 'c', 'd', 'c'].map(find))
    expect(asked.map(({ keys }) => keys)).toEqual([['a'], ['b']])
    for (const { answer, keys } of asked) answer(upperCase(keys))
    await turn()
    expect(asked.slice(2).map(({ keys }) => keys)).toEqual([['c', 'd']])
    asked[2]?.answer(upperCase(['c', 'd']))
    expect(await answers).toEqual(['A', 'B', 'C', 'D', 'C'])
  })

  it('asks about no more at once than it may', async () => {
    const { asked, find } = gathering(10)
    const keys = Array.from({ length: 25 }, (_, index) => `k${index}`)
    const answers = Promise.all(keys.map(find))
    for (let next = 0; next < 5; next += 1) {
      await turn()
      const question = asked[next]
      question?.answer(upperCase(question.keys))
    }
    expect(await answers).toEqual(keys.map((key) => key.toUpperCase()))
    expect(asked.map(({ keys: { length } }) => length)).toEqual([1, 1, 10, 10, 3])
  })

  it('has nothing to say of what nobody answered', async () => {
    const { asked, find } = gathering()
    const answer = find('a')
    asked[0]?.answer(new Map())
    expect(await answer).toBeNull()
  })

  it('fails those it asked for and nobody else, and goes on', async () => {
    const { asked, find } = gathering()
    const [first, second, third] = [find('a'), find('b'), find('c')]
    asked[0]?.fail(new Error('away'))
    await expect(first).rejects.toThrow('away')
    await turn()
    for (const { answer, keys } of asked) answer(upperCase(keys))
    expect(await Promise.all([second, third])).toEqual(['B', 'C'])
  })

  it('tells what is left of the time of who waited longest', async () => {
    const { asked, find } = gathering()
    const answers = ['a', 'b', 'c'].map((key) => find(key).catch(() => null))
    await new Promise((resolve) => setTimeout(resolve, 30))
    answers.push(find('d').catch(() => null))
    for (const { fail } of asked) fail(new Error('slow'))
    await turn()
    expect(asked[0]?.leftMs).toBeGreaterThan(990)
    expect(asked[2]?.leftMs).toBeLessThanOrEqual(975)
    asked[2]?.answer(upperCase(['c', 'd']))
    expect(await Promise.all(answers)).toEqual([null, null, 'C', 'D'])
  })
})
