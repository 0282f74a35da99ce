import { describe, expect, it } from 'vitest'
import { isPath } from '../../../src/access/request-path.ts'

describe('a request asks for exactly a path', () => {
  it.each([
    ['http://a/healthz', true],
    ['https://site.example/healthz', true],
    ['http://localhost:8787/healthz', true],
    ['https://site.example/healthz/', false],
    ['https://site.example/x/healthz', false],
    ['https://site.example//healthz', false],
    ['https://site.example/healthz?x', false],
    ['https://site.example/?/healthz', false],
    ['https://site.example/xhealthz', false],
    ['https://site.example/', false],
    ['https://healthz', false],
    ['http://healthz', false],
    ['https://site.example', false],
  ])('%s: %s', (url, is) => {
    expect(isPath(url, '/healthz')).toBe(is)
  })
})
