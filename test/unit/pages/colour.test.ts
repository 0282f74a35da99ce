import { describe, expect, it } from 'vitest'
import { contrast, isHexColour, mix, parseHex, readableTextOn, withContrast } from '../../../src/pages/colour.ts'
import { accentOf, darkPalette, defaultTheme, lightPalette } from '../../../src/pages/theme.ts'

const STEPS = [0, 51, 102, 128, 153, 204, 255]
const hex = (value: number): string => value.toString(16).padStart(2, '0')
const everyAccent = STEPS.flatMap((r) => STEPS.flatMap((g) => STEPS.map((b) => `#${hex(r)}${hex(g)}${hex(b)}`)))

describe('colours', () => {
  it('computes the contrast of WCAG', () => {
    expect(contrast('#000', '#ffffff')).toBeCloseTo(21, 5)
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
    expect(contrast('#abc', '#abc')).toBe(1)
    expect(contrast('#123456', '#fedcba')).toBe(contrast('#fedcba', '#123456'))
  })

  it('reads short and long notation and nothing else', () => {
    expect(parseHex('#1aF')).toEqual([0x11, 0xaa, 0xff])
    for (const text of ['red', '#12345', '#1234567', '#ggg', '', '#fff;', '#fff\n']) {
      expect(isHexColour(text)).toBe(false)
      expect(() => parseHex(text)).toThrow(TypeError)
    }
  })

  it('mixes, and stops at black or white when a contrast cannot be had', () => {
    expect(mix('#000000', '#ffffff', 0.5)).toBe('#808080')
    expect(withContrast('#777777', ['#777777'], 21)).toBe('#000000')
    expect(withContrast('#000000', ['#ffffff'], 4.5)).toBe('#000000')
  })
})

describe('theme', () => {
  it('is readable in both modes with any accent', () => {
    for (const accentColor of everyAccent) {
      for (const palette of [lightPalette, darkPalette].map((make) => make({ ...defaultTheme, accentColor }))) {
        expect(palette.accent).toBe(accentColor)
        expect(readableTextOn(accentColor)).toBe(palette.onAccent)
        expect(contrast(palette.onAccent, palette.accent)).toBeGreaterThanOrEqual(4.5)
        expect(contrast(palette.onAccent, palette.accentHover)).toBeGreaterThanOrEqual(4.5)
        expect(contrast(palette.accentEdge, palette.card)).toBeGreaterThanOrEqual(3)
        for (const back of [palette.card, palette.page, palette.noticeBack])
          expect(contrast(palette.link, back)).toBeGreaterThanOrEqual(4.5)
        expect(contrast(palette.text, palette.noticeBack)).toBeGreaterThanOrEqual(4.5)
      }
    }
  })

  it.each([
    ['light', lightPalette(defaultTheme)],
    ['dark', darkPalette(defaultTheme)],
  ])('has readable fixed colours (%s)', (_mode, { text, muted, danger, dangerBack, card, page, field, edge }) => {
    for (const colour of [text, muted, danger])
      for (const back of [card, page, field]) expect(contrast(colour, back)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(danger, dangerBack)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(edge, card)).toBeGreaterThanOrEqual(3)
    expect(contrast(edge, field)).toBeGreaterThanOrEqual(3)
  })

  it('does not let a malformed accent into the style sheet', () => {
    expect(accentOf({ ...defaultTheme, accentColor: '#fff}body{' })).toBe(defaultTheme.accentColor)
    expect(accentOf({ ...defaultTheme, accentColor: '#ABC' })).toBe('#aabbcc')
  })
})
