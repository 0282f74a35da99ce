import type { Exchange } from '../exchange.ts'
import { languageLinks, textsFor } from '../language.ts'
import type { QuestionBase } from '../pages/question-page.tsx'
import type { FormProblem } from './answer.ts'
import { csrfTokenFor } from './csrf-token.ts'
import { worded } from './worded.ts'

/** What every page with one form is told, whatever it asks. */
export function questionBase(
  exchange: Exchange,
  returnTo: string | null,
  problem?: FormProblem,
): QuestionBase & { readonly returnTo: string | null } {
  const { theme, basePath } = exchange.deps.settings.config
  const texts = textsFor(exchange)
  return {
    theme,
    texts,
    languageLinks: languageLinks(exchange, texts),
    basePath,
    csrfToken: csrfTokenFor(exchange),
    returnTo,
    problem: problem?.problem,
    retryAfterS: problem?.retryAfterS,
    wrong: worded(exchange, problem?.fields),
  }
}
