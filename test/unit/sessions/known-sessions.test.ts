// What a place for users asks the record when many of them come at once.
import { describe, expect, it } from 'vitest'
import type { Database, Row, Statement } from '../../../src/db/database.ts'
import { KnownSessions } from '../../../src/sessions/known-sessions.ts'

const provenMs = 300_000
const id = (index: number) => `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`

const row = (sessionId: string): Row => ({
  id: sessionId,
  user_id: `user of ${sessionId}`,
  secret_hash: 'h',
  previous_secret_hash: null,
  amr: ['pwd'],
  aal: 1,
  auth_time_ms: 0,
  created_at_ms: 0,
  rotated_at_ms: 0,
  last_seen_at_ms: 0,
  expires_at_ms: 1e15,
  email: 'a@example.com',
  email_verified: true,
  name: null,
  roles: [],
  user_created_at_ms: 0,
  shard: 'xx-0',
  parent_id: null,
})

/** A record that takes a while, and knows every session but one. */
function place(unknownId = '') {
  let questions = 0
  const read = async (statement: Statement): Promise<readonly Row[]> => {
    questions += 1
    const ids = JSON.stringify(statement.queryChunks).match(/00000000-0000-7000-8000-\d{12}/g) ?? []
    await new Promise((resolve) => setTimeout(resolve, 5))
    return ids.filter((found) => found !== unknownId).map(row)
  }
  const queries = { read, write: read, writeIdempotent: read }
  const database = { ...queries, within: () => queries } as unknown as Database
  const ended = { covers: () => false, successorSeenAtMs: () => null }
  const background: Promise<unknown>[] = []
  const known = new KnownSessions({
    database,
    ended,
    provenMs,
    onChange: () => {},
    inBackground: (work) => background.push(work),
  })
  return { known, background, questions: () => questions }
}

describe('the sessions that a place knows', () => {
  it('are asked for together when thousands come at once', async () => {
    const { known, questions } = place()
    const ids = Array.from({ length: 5000 }, (_, index) => id(index))
    const found = await Promise.all(ids.map((sessionId) => known.find(sessionId, Date.now())))
    expect(found.every((session, index) => typeof session === 'object' && session?.session.id === ids[index])).toBe(
      true,
    )
    expect(questions()).toBeLessThan(20)
  })

  it('are proven anew together, and go on meanwhile', async () => {
    const { known, background, questions } = place()
    const ids = Array.from({ length: 3000 }, (_, index) => id(index))
    await Promise.all(ids.map((sessionId) => known.find(sessionId, Date.now())))
    const before = questions()
    const later = Date.now() + provenMs / 2 + 1000
    const found = await Promise.all(ids.map((sessionId) => known.find(sessionId, later)))
    expect(found.every((session) => typeof session === 'object' && session !== null)).toBe(true)
    expect(background).toHaveLength(ids.length)
    await Promise.all(background)
    expect(questions() - before).toBeLessThan(15)
  })

  it('are nobody where the record has none, and one that is no id asks nothing and fails nobody', async () => {
    const { known, questions } = place(id(2))
    const [first, second, none] = await Promise.all(
      [id(1), id(2), "no id'"].map((sessionId) => known.find(sessionId, Date.now())),
    )
    expect(first).toMatchObject({ session: { id: id(1) } })
    expect([second, none]).toEqual([null, null])
    expect(questions()).toBe(2)
  })
})
