import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { scripts } from '../../../src/pages/scripts.ts'
import { pageScript, pageScriptFile, pageScripts } from '../../../tools/dev/page-script.ts'

describe.each(pageScripts)('$built', (script) => {
  it('is what its source says: `npm run page-scripts` builds it', async () => {
    expect(readFileSync(pageScriptFile(script), 'utf8')).toBe(await pageScript(script))
  })
})

it('every script of the pages is built from a source', () => {
  expect(Object.keys(scripts)).toHaveLength(pageScripts.length)
})

describe.each(Object.entries(scripts))('the script of %s', (_name, { code, asks }) => {
  it('is small, and cannot end the element it is in', () => {
    expect(code.length).toBeLessThan(6000)
    expect(code).not.toMatch(/<\/|<!--/)
  })

  it('writes no markup and runs no text: a page under Trusted Types needs no policy for it', () => {
    expect(code).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|createPolicy/,
    )
  })

  it('asks this host only if it says so', () => {
    expect(/\bfetch\(|XMLHttpRequest|sendBeacon|EventSource|WebSocket/.test(code)).toBe(asks)
  })
})
