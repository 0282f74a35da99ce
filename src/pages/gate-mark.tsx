/** @jsxImportSource hono/jsx */

const ARCH = 'M1.5 42.5V19.5a18.5 18 0 0 1 37 0v23z'
const BARS =
  'M8.8 15h2.6v16l-1.3 4-1.3-4zM18.7 8h2.6v25l-1.3 4-1.3-4zM28.6 15h2.6v16l-1.3 4-1.3-4zM6 17.5h28v2.5H6zM6 25.5h28v2.5H6z'

/** The mark: an arch with its gate half raised. Colours come from the style sheet. */
export const GateMark = () => (
  <svg viewBox="0 0 40 44" aria-hidden="true" focusable="false">
    <path class="arch" fill="currentColor" d={ARCH} />
    <path class="bars" fill="#fff" d={BARS} />
  </svg>
)

/** The gate behind the card. Raised, its points just show above the card; lowered, it bars the way. */
export const GateBackdrop = ({ lowered }: { lowered: boolean }) => (
  <div class={lowered ? 'gate lowered' : 'gate raised'} aria-hidden="true">
    <svg focusable="false">
      <defs>
        <pattern id="gate" width="56" height="304" patternUnits="userSpaceOnUse">
          <path
            fill="currentColor"
            d="M25 0h6v284l-3 20-3-20zM0 20h56v4H0zM0 76h56v4H0zM0 132h56v4H0zM0 188h56v4H0zM0 244h56v4H0z"
          />
        </pattern>
      </defs>
      <rect width="100%" height="304" fill="url(#gate)" />
    </svg>
  </div>
)

/** For the tab. Inside an image no style sheet applies, so the colours are written in. */
export const iconAddress = (accent: string, onAccent: string): string =>
  `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 44"><path fill="${accent}" d="${ARCH}"/><path fill="${onAccent}" d="${BARS}"/></svg>`,
  )}`
