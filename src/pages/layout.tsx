/** @jsxImportSource hono/jsx */
import type { Child } from 'hono/jsx'
import { readableTextOn } from './colour.ts'
import { fill } from './format.ts'
import { GateBackdrop, GateMark, iconAddress } from './gate-mark.tsx'
import type { PageScript } from './scripts.ts'
import { stylesFor } from './styles.ts'
import type { Texts } from './texts/en.ts'
import { type Theme, accentOf, logoOf, schemesOf } from './theme.ts'

/** A page waits for its nonce: only the response, which also writes the policy, may choose one. */
export type Page = {
  readonly theme: Theme
  readonly render: (nonce: string) => string
  /** Which the policy has to let run. */
  readonly scripts: readonly PageScript[]
}

/** The same page in another language, under that language's own name. */
export type LanguageLink = { readonly lang: string; readonly name: string; readonly href: string }

/** What every page needs to know. */
export type PageBase = {
  readonly theme: Theme
  readonly texts: Texts
  readonly languageLinks?: readonly LanguageLink[] | undefined
}

export type Frame = PageBase & {
  readonly title: string
  /** A freshly loaded page is not announced by role=alert, but its title is: so the title tells. */
  readonly hasProblem?: boolean
  readonly wide?: boolean
  readonly lowered?: boolean
  /** They run when the page is there; it has to be of use without them. */
  readonly scripts?: readonly PageScript[] | undefined
}

const LogoImage = ({ url }: { url: string | null }) =>
  url === null ? <GateMark /> : <img src={url} alt="" referrerpolicy="no-referrer" />

const Logo = ({ theme }: { theme: Theme }) => {
  const [usual, other = usual] = schemesOf(theme)
  const [url, otherUrl] = [logoOf(theme, usual), logoOf(theme, other)]
  return url === null || otherUrl === null || url === otherUrl ? (
    <LogoImage url={url} />
  ) : (
    <picture>
      {/* A space would end the address here. */}
      <source media={`(prefers-color-scheme:${other})`} srcset={otherUrl.replace(/\s/g, encodeURIComponent)} />
      <LogoImage url={url} />
    </picture>
  )
}

const Brand = ({ theme }: { theme: Theme }) => (
  <div class="brand">
    <Logo theme={theme} />
    <span>{theme.name}</span>
  </div>
)

const Languages = ({ frame: { texts, languageLinks = [] } }: { frame: Frame }) =>
  languageLinks.length === 0 ? null : (
    <nav class="languages" aria-label={texts.otherLanguages}>
      {languageLinks.map(({ lang, name, href }) => (
        <a href={href} lang={lang} hreflang={lang}>
          {name}
        </a>
      ))}
    </nav>
  )

const Head = ({ frame, nonce }: { frame: Frame; nonce: string }) => {
  const { theme, texts, title } = frame
  const schemes = schemesOf(theme)
  const accent = accentOf(theme, schemes[0])
  const shown = frame.hasProblem === true ? fill(texts.titleWithError, { title }) : title
  return (
    <head>
      <meta charset="utf-8" />
      <title>{`${shown} – ${theme.name}`}</title>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content={schemes.join(' ')} />
      <meta name="robots" content="noindex" />
      <meta name="format-detection" content="telephone=no" />
      <link rel="icon" href={logoOf(theme, schemes[0]) ?? iconAddress(accent, readableTextOn(accent))} />
      <style nonce={nonce} dangerouslySetInnerHTML={{ __html: stylesFor(theme) }} />
    </head>
  )
}

export function layout(frame: Frame, content: Child): Page {
  const { scripts = [] } = frame
  const render = (nonce: string): string => {
    const document = (
      <html lang={frame.texts.lang} dir={frame.texts.dir}>
        <Head frame={frame} nonce={nonce} />
        <body>
          <GateBackdrop lowered={frame.lowered === true} />
          <div class={frame.wide === true ? 'frame wide' : 'frame'}>
            <div class="card">
              <header>
                <Brand theme={frame.theme} />
              </header>
              <main>
                <h1>{frame.title}</h1>
                {content}
              </main>
            </div>
            <Languages frame={frame} />
          </div>
          {scripts.map(({ code }) => (
            <script type="module" nonce={nonce} dangerouslySetInnerHTML={{ __html: code }} />
          ))}
        </body>
      </html>
    )
    return `<!doctype html>${String(document)}`
  }
  return { theme: frame.theme, render, scripts }
}
