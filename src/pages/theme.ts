import { isHexColour, mix, parseHex, readableTextOn, toHex, withContrast } from './colour.ts'

export type Theme = {
  readonly name: string
  readonly logoUrl: string | null
  /** `#rgb` or `#rrggbb`. */
  readonly accentColor: string
}

export const defaultTheme: Theme = { name: 'Portcullis', logoUrl: null, accentColor: '#1f5c57' }

export type Palette = Readonly<Record<(typeof SURFACES)[number] | (typeof ACCENTS)[number], string>>

const SURFACES = ['page', 'card', 'field', 'text', 'muted', 'line', 'edge', 'bar', 'danger', 'dangerBack'] as const
const ACCENTS = ['accent', 'onAccent', 'accentHover', 'accentEdge', 'link', 'noticeBack'] as const

type Surfaces = Readonly<Record<(typeof SURFACES)[number], string>>

const LIGHT: Surfaces = {
  page: '#f1eee8',
  card: '#fffdf9',
  field: '#ffffff',
  text: '#20252a',
  muted: '#5a5f66',
  line: '#ded8cc',
  edge: '#857f73',
  bar: '#d8d1c3',
  danger: '#a0201c',
  dangerBack: '#fcefec',
}

const DARK: Surfaces = {
  page: '#121518',
  card: '#1b1f23',
  field: '#14181b',
  text: '#eeebe5',
  muted: '#aeb2b7',
  line: '#343a40',
  edge: '#7d848c',
  bar: '#2b3036',
  danger: '#ffb3a8',
  dangerBack: '#33201f',
}

/** The style element is written without escaping, so nothing but a well-formed colour may come out of here. */
export const accentOf = (theme: Theme): string =>
  toHex(parseHex(isHexColour(theme.accentColor) ? theme.accentColor : defaultTheme.accentColor))

function paletteOf(theme: Theme, surfaces: Surfaces): Palette {
  const accent = accentOf(theme)
  const onAccent = readableTextOn(accent)
  const noticeBack = mix(surfaces.card, accent, 0.09)
  return {
    ...surfaces,
    accent,
    onAccent,
    // Away from the text colour: hovering must not cost legibility.
    accentHover: mix(accent, onAccent === '#ffffff' ? '#000000' : '#ffffff', 0.16),
    // The brand colour itself stays untouched; where it drowns in the card, this outline shows the button.
    accentEdge: withContrast(accent, [surfaces.card], 3),
    // Above the required 4.5, which a thin underlined text on a dark ground only just meets.
    link: withContrast(accent, [surfaces.card, surfaces.page, surfaces.field, noticeBack], 5.5),
    noticeBack,
  }
}

export const lightPalette = (theme: Theme): Palette => paletteOf(theme, LIGHT)
export const darkPalette = (theme: Theme): Palette => paletteOf(theme, DARK)
