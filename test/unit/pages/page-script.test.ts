import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { passkeyScript } from '../../../src/pages/passkey-script.ts'
import { pageScript, pageScriptFile } from '../../../tools/dev/page-script.ts'

describe('the script of the pages', () => {
  it('is what its source says: `npm run page-scripts` builds it', async () => {
    expect(readFileSync(pageScriptFile, 'utf8')).toBe(await pageScript())
  })

  it('is small, and cannot end the element it is in', () => {
    expect(passkeyScript.length).toBeLessThan(6000)
    expect(passkeyScript).not.toMatch(/<\/|<!--/)
  })

  it('writes no markup and runs no text: a page under Trusted Types needs no policy for it', () => {
    expect(passkeyScript).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|createPolicy/,
    )
  })
})
