import { describe, expect, it } from 'vitest'
import { contrast, isHexColour, mix, parseHex, readableTextOn, withContrast } from '../../../src/pages/colour.ts'
import { type Scheme, accentOf, defaultTheme, paletteOf, schemesOf } from '../../../src/pages/theme.ts'

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
  it.each([
    ['light', (accentColor: string) => ({ ...defaultTheme, accentColor })],
    ['dark', (accentColor: string) => ({ ...defaultTheme, accentColor })],
    ['dark', (accentColor: string) => ({ ...defaultTheme, dark: { logoUrl: null, accentColor } })],
  ] as const)('is readable in %s pages with any accent', (scheme, themed) => {
    for (const accentColor of everyAccent) {
      for (const palette of [paletteOf(themed(accentColor), scheme)]) {
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
    ['light', paletteOf(defaultTheme, 'light')],
    ['dark', paletteOf(defaultTheme, 'dark')],
  ])('has readable fixed colours (%s)', (_mode, { text, muted, danger, dangerBack, card, page, field, edge }) => {
    for (const colour of [text, muted, danger])
      for (const back of [card, page, field]) expect(contrast(colour, back)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(danger, dangerBack)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(edge, card)).toBeGreaterThanOrEqual(3)
    expect(contrast(edge, field)).toBeGreaterThanOrEqual(3)
  })

  it('does not let a malformed accent into the style sheet', () => {
    const theme = { ...defaultTheme, accentColor: '#fff}body{' }
    const own = { ...theme, dark: { logoUrl: null, accentColor: '#fff}body{' } }
    expect([accentOf(theme, 'light'), accentOf(theme, 'dark'), accentOf(own, 'dark')]).toEqual(
      Array.from({ length: 3 }, () => defaultTheme.accentColor),
    )
    expect(accentOf({ ...defaultTheme, accentColor: '#ABC' }, 'light')).toBe('#aabbcc')
  })

  it('has an accent of its own in the dark only where there is one', () => {
    const theme = { ...defaultTheme, dark: { logoUrl: null, accentColor: '#e0b050' } }
    const accents = (['light', 'dark'] as const).map((scheme: Scheme) => accentOf(theme, scheme))
    expect(accents).toEqual([defaultTheme.accentColor, '#e0b050'])
    expect(accentOf(defaultTheme, 'dark')).toBe(defaultTheme.accentColor)
  })

  it.each([
    ['auto', ['light', 'dark']],
    ['light', ['light']],
    ['dark', ['dark']],
  ] as const)('%s is seen in %j', (colorScheme, schemes) => {
    expect(schemesOf({ ...defaultTheme, colorScheme })).toEqual(schemes)
  })
})
