// Which language a person is spoken to in: what they chose, or what their browser asks for.
import { type Exchange, singleCookie } from './exchange.ts'
import { type Language, chooseLanguage, languages, readLanguage } from './pages/texts/languages.ts'
import type { Texts } from './pages/texts/en.ts'
import { languageCookie, languageCookieName } from './sessions/cookie.ts'

/** `?lang=` is a choice, and is remembered. */
export function textsFor(exchange: Exchange): Texts {
  const chosen = readLanguage(new URLSearchParams(exchange.target.search).get('lang'))
  if (chosen !== null) remember(exchange, chosen)
  const kept = readLanguage(singleCookie(exchange, languageCookieName))
  return languages[chosen ?? kept ?? chooseLanguage(exchange.request.headers.get('accept-language'))]
}

function remember(exchange: Exchange, language: Language): void {
  const cookie = languageCookie(language)
  if (!exchange.setCookies.includes(cookie)) exchange.setCookies.push(cookie)
}
