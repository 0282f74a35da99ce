import type { Exchange } from '../exchange.ts'
import { textsFor } from '../language.ts'
import type { QuestionBase } from '../pages/question-page.tsx'
import type { FormProblem } from './answer.ts'
import { csrfTokenFor } from './csrf-token.ts'
import { worded } from './worded.ts'

/** What every page with one form is told, whatever it asks. */
export function questionBase(exchange: Exchange, returnTo: string | null, problem?: FormProblem): QuestionBase {
  const { theme, basePath } = exchange.deps.settings.config
  return {
    theme,
    texts: textsFor(exchange),
    basePath,
    csrfToken: csrfTokenFor(exchange),
    returnTo,
    problem: problem?.problem,
    retryAfterS: problem?.retryAfterS,
    wrong: worded(exchange, problem?.fields),
  }
}
