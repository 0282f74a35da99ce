import { describe, expect, it } from 'vitest'
import { readBounded, readJson } from '../../../src/kit/bounded-answer.ts'

const most = 64 * 1024

/** Sends piece after piece until nobody reads on. */
function endless(piece: Uint8Array) {
  const state = { sent: 0, isCancelled: false }
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      state.sent += piece.length
      controller.enqueue(piece)
    },
    cancel: () => void (state.isCancelled = true),
  })
  return { state, answer: new Response(body) }
}

describe('an answer of another server', () => {
  it.each([0, 1, most])('of %d bytes is read', async (length) => {
    expect((await readBounded(new Response(new Uint8Array(length))))?.length).toBe(length)
  })

  it('may have no body', async () => {
    expect(await readBounded(new Response(null))).toEqual(new Uint8Array())
  })

  it('of one byte more is not', async () => {
    expect(await readBounded(new Response(new Uint8Array(most + 1)))).toBeNull()
    await expect(readJson(new Response(` ${JSON.stringify('x'.repeat(most))}`))).rejects.toThrow(RangeError)
  })

  it('without an end is given up', async () => {
    const { state, answer } = endless(new Uint8Array(1000))
    expect(await readBounded(answer)).toBeNull()
    expect(state.isCancelled).toBe(true)
    expect(state.sent).toBeLessThan(most + 5000)
  })

  it('is JSON, in pieces too, or refused', async () => {
    const bytes = new TextEncoder().encode('{"name":"é"}')
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    })
    expect(await readJson(new Response(body))).toEqual({ name: 'é' })
    await expect(readJson(new Response('no'))).rejects.toThrow(SyntaxError)
  })
})
