// Which language a person is spoken to in: what they chose, or what their browser asks for.
import { type Exchange, singleCookie } from './exchange.ts'
import { type Language, chooseLanguage, languages, readLanguage } from './pages/texts/languages.ts'
import type { LanguageLink } from './pages/layout.tsx'
import type { Texts } from './pages/texts/en.ts'
import { languageCookie, languageCookieName } from './sessions/cookie.ts'

/** `?lang=` is a choice, and is remembered. */
export function textsFor(exchange: Exchange): Texts {
  const chosen = readLanguage(new URLSearchParams(exchange.target.search).get('lang'))
  if (chosen !== null) remember(exchange, chosen)
  const kept = readLanguage(singleCookie(exchange, languageCookieName))
  return languages[chosen ?? kept ?? chooseLanguage(exchange.request.headers.get('accept-language'))]
}

/** To this page in the other languages. Of an answer to a form there is none: asking again would send nothing. */
export function languageLinks({ request, target }: Exchange, current: Texts): readonly LanguageLink[] {
  if (request.method !== 'GET') return []
  return Object.values(languages)
    .filter(({ lang }) => lang !== current.lang)
    .map(({ lang, language: name }) => {
      const query = new URLSearchParams(target.search)
      query.set('lang', lang)
      return { lang, name, href: `${target.path}?${query.toString()}` }
    })
}

function remember(exchange: Exchange, language: Language): void {
  const cookie = languageCookie(language)
  if (!exchange.setCookies.includes(cookie)) exchange.setCookies.push(cookie)
}
