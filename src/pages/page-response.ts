import type { Page } from './layout.tsx'
import { logoOf, schemesOf } from './theme.ts'

export type PageResponseOptions = {
  readonly status?: number
  readonly headers?: HeadersInit
  /** Where a widget on this page comes from: its script and its frames, and nothing else, may be of another origin. */
  readonly widgetOrigin?: string
}

const FIXED_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  // `no-referrer` would make browsers send `Origin: null` with the forms. `same-origin` would hand the full address,
  // with a mail's token in it, to the site behind the gateway. This one shows the origin and nothing else to anyone.
  'Referrer-Policy': 'strict-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': [
    'accelerometer',
    'autoplay',
    'browsing-topics',
    'camera',
    'clipboard-read',
    'display-capture',
    'fullscreen',
    'geolocation',
    'gyroscope',
    'hid',
    'magnetometer',
    'microphone',
    'midi',
    'payment',
    'serial',
    'usb',
    'xr-spatial-tracking',
  ]
    .map((feature) => `${feature}=()`)
    .join(', '),
} as const

function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes))
}

/** A host may hold `;` or `,` by the URL standard; written into the policy, it would end a directive. */
export function logoSource(logoUrl: string | null): string | null {
  if (logoUrl === null || !URL.canParse(logoUrl)) return null
  const { origin } = new URL(logoUrl)
  return /^https?:\/\/[a-z0-9.:[\]-]+$/i.test(origin) ? origin : null
}

function contentSecurityPolicy(nonce: string, { theme, scripts }: Page, widgetOrigin: string | undefined): string {
  const logos = schemesOf(theme).map((scheme) => logoSource(logoOf(theme, scheme)))
  const images = new Set(logos.filter((source) => source !== null))
  return [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    ["img-src 'self' data:", ...images].join(' '),
    // Scripts of the page by its nonce, and one of them may ask this host; otherwise nothing runs and nothing is asked.
    ...(scripts.length === 0 ? [] : [`script-src 'nonce-${nonce}'`]),
    ...(scripts.some(({ asks }) => asks) ? ["connect-src 'self'"] : []),
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    // A widget makes its frame by scripts of its own, which nobody here can make use trusted types.
    ...(widgetOrigin === undefined
      ? ["require-trusted-types-for 'script'", "trusted-types 'none'"]
      : [`script-src ${widgetOrigin}`, `frame-src ${widgetOrigin}`]),
  ].join('; ')
}

/** Cookies and `Retry-After` come from the caller; the protections are set last, so no caller can weaken them. */
export function pageResponse(page: Page, options: PageResponseOptions = {}): Response {
  const { status = 200, headers, widgetOrigin } = options
  const nonce = newNonce()
  const all = new Headers(headers)
  for (const [name, value] of Object.entries(FIXED_HEADERS)) all.set(name, value)
  all.set('Content-Security-Policy', contentSecurityPolicy(nonce, page, widgetOrigin))
  return new Response(page.render(nonce), { status, headers: all })
}
