import { describe, expect, it } from 'vitest'
import { createSealedTexts } from '../../../src/tokens/sealed-text.ts'

const [old, current, strange] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte))
if (old === undefined || current === undefined || strange === undefined) throw new Error('no keys')
const texts = createSealedTexts([current])

describe('a sealed text', () => {
  it('opens at its place, and is never the same twice', async () => {
    const [one, other] = await Promise.all([texts.seal('secret', 'row 1'), texts.seal('secret', 'row 1')])
    expect(one).not.toBe(other)
    expect(one).not.toContain('secret')
    expect(await texts.open(one, 'row 1')).toEqual({ text: 'secret', isCurrent: true })
  })

  it('opens nowhere else', async () => {
    await expect(texts.open(await texts.seal('secret', 'row 1'), 'row 2')).rejects.toThrow()
  })

  it('does not open when a bit of it was changed', async () => {
    const [version, id, nonce, data = ''] = (await texts.seal('secret', 'row 1')).split('.')
    for (let index = 0; index < data.length; index += 1) {
      const flipped = data.slice(0, index) + (data[index] === 'A' ? 'B' : 'A') + data.slice(index + 1)
      await expect(texts.open([version, id, nonce, flipped].join('.'), 'row 1')).rejects.toThrow()
    }
  })

  it('opens by the key before the last change, which it is told of, and by no other', async () => {
    const sealed = await createSealedTexts([old]).seal('secret', 'row 1')
    expect(await createSealedTexts([current, old]).open(sealed, 'row 1')).toEqual({ text: 'secret', isCurrent: false })
    await expect(createSealedTexts([current, strange]).open(sealed, 'row 1')).rejects.toThrow('not at hand')
  })

  it.each(['', 'secret', 's1.x.y.z', 's2.a.b.c'])('is not %j', async (text) => {
    await expect(texts.open(text, 'row 1')).rejects.toThrow()
  })
})
