export type Rgb = readonly [red: number, green: number, blue: number]

const HEX = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i

export const isHexColour = (text: string): boolean => HEX.test(text)

export function parseHex(hex: string): Rgb {
  if (!isHexColour(hex)) throw new TypeError('expected a colour such as #1a2b3c')
  const digits = hex.slice(1)
  const long = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits
  const channel = (start: number): number => Number.parseInt(long.slice(start, start + 2), 16)
  return [channel(0), channel(2), channel(4)]
}

export const toHex = (rgb: Rgb): string =>
  `#${rgb.map((channel) => Math.round(channel).toString(16).padStart(2, '0')).join('')}`

const linear = (channel: number): number => {
  const share = channel / 255
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
}

const luminance = ([red, green, blue]: Rgb): number =>
  0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)

/** WCAG 2 contrast ratio, 1 to 21. */
export function contrast(first: string, second: string): number {
  const a = luminance(parseHex(first))
  const b = luminance(parseHex(second))
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

/** The better of black and white is never below 4.58 (the square root of 21), so every accent is usable. */
export const readableTextOn = (background: string): '#000000' | '#ffffff' =>
  contrast(background, '#ffffff') >= contrast(background, '#000000') ? '#ffffff' : '#000000'

export function mix(from: string, to: string, share: number): string {
  const [r1, g1, b1] = parseHex(from)
  const [r2, g2, b2] = parseHex(to)
  return toHex([r1 + (r2 - r1) * share, g1 + (g2 - g1) * share, b1 + (b2 - b1) * share])
}

/** Moves a colour towards black or white, as little as needed, until it stands out from every background given. */
export function withContrast(colour: string, backgrounds: readonly string[], wanted: number): string {
  const target = backgrounds.every((background) => readableTextOn(background) === '#ffffff') ? '#ffffff' : '#000000'
  for (let step = 0; step < 20; step += 1) {
    const candidate = mix(colour, target, step / 20)
    if (backgrounds.every((background) => contrast(candidate, background) >= wanted)) return candidate
  }
  return target
}
