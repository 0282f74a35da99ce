import { isHexColour, mix, parseHex, readableTextOn, toHex, withContrast } from './colour.ts'

export type Scheme = 'light' | 'dark'

export type Theme = {
  readonly name: string
  /** `auto` is what the person's device asks for. */
  readonly colorScheme: 'auto' | Scheme
  readonly logoUrl: string | null
  /** `#rgb` or `#rrggbb`. */
  readonly accentColor: string
  /** For dark pages, where they differ. */
  readonly dark: { readonly logoUrl: string | null; readonly accentColor: string | null }
}

export const defaultTheme: Theme = {
  name: 'Portcullis',
  colorScheme: 'auto',
  logoUrl: null,
  accentColor: '#1f5c57',
  dark: { logoUrl: null, accentColor: null },
}

/** Those a page may be seen in, the usual one first. */
export const schemesOf = ({ colorScheme }: Theme): readonly [Scheme, ...Scheme[]] =>
  colorScheme === 'auto' ? ['light', 'dark'] : [colorScheme]

export const logoOf = ({ logoUrl, dark }: Theme, scheme: Scheme): string | null =>
  scheme === 'dark' ? (dark.logoUrl ?? logoUrl) : logoUrl

export type Palette = Readonly<Record<(typeof SURFACES)[number] | (typeof ACCENTS)[number], string>>

const SURFACES = ['page', 'card', 'field', 'text', 'muted', 'line', 'edge', 'bar', 'danger', 'dangerBack'] as const
const ACCENTS = ['accent', 'onAccent', 'accentHover', 'accentEdge', 'link', 'noticeBack'] as const

type Surfaces = Readonly<Record<(typeof SURFACES)[number], string>>

const light: Surfaces = {
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

const dark: Surfaces = {
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
export function accentOf({ accentColor, dark: own }: Theme, scheme: Scheme): string {
  const asked = scheme === 'dark' ? (own.accentColor ?? accentColor) : accentColor
  return toHex(parseHex(isHexColour(asked) ? asked : defaultTheme.accentColor))
}

/** Whatever accent it is given, what is read on it or in it stands out as WCAG 2.2 AA asks, in either scheme. */
export function paletteOf(theme: Theme, scheme: Scheme): Palette {
  const surfaces = scheme === 'dark' ? dark : light
  const accent = accentOf(theme, scheme)
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
