// Answers of the hosted forms: a page again with what is wrong, or the way on.
import type { Page } from '../pages/layout.tsx'
import { type PageResponseOptions, pageResponse } from '../pages/page-response.ts'
import type { ProblemKey } from '../pages/texts/en.ts'
import { type ErrorCode, GatewayError, type Rejection, errorTable, rejectionHeaders } from '../errors.ts'
import { DatabaseUnavailable } from '../db/database.ts'
import { type Exchange, putOnRecord } from '../exchange.ts'

/** What a page says to each refusal it can show; every other one goes to the error page. */
const problems: Partial<Record<ErrorCode, ProblemKey>> = {
  invalid_credentials: 'invalid_credentials',
  email_unverified: 'email_not_verified',
  too_many_attempts: 'rate_limited',
  confirm_by_mail: 'confirm_by_mail',
  login_refused: 'login_refused',
  invalid_input: 'invalid_input',
  unavailable: 'unavailable',
}

export interface FormProblem {
  readonly problem: ProblemKey
  readonly retryAfterS: number | undefined
  readonly fields: Readonly<Record<string, string>>
}

/** Runs what a form asked for; a refusal shows the same form again, with its status, headers and what was typed. */
export async function answerForm(
  exchange: Exchange,
  run: () => Promise<Response>,
  again: (problem: FormProblem) => Page,
  wording: Partial<Record<ErrorCode, ProblemKey>> = {},
  options: Pick<PageResponseOptions, 'widgetOrigin'> = {},
): Promise<Response> {
  try {
    return await run()
  } catch (error) {
    const rejection = rejectionToShow(error)
    const problem = rejection === null ? undefined : (wording[rejection.code] ?? problems[rejection.code])
    if (rejection === null || problem === undefined) throw error
    await putOnRecord(exchange, rejection.event)
    const fields = Object.fromEntries((rejection.fields ?? []).map(({ path, reason }) => [path, reason]))
    const page = again({ problem, retryAfterS: rejection.retryAfterS, fields })
    return pageResponse(page, {
      ...options,
      status: errorTable[rejection.code].status,
      headers: rejectionHeaders(rejection, exchange.id),
    })
  }
}

function rejectionToShow(error: unknown): Rejection | null {
  if (error instanceof GatewayError) return error.rejection
  return error instanceof DatabaseUnavailable ? { code: 'unavailable', reason: error.message, retryAfterS: 5 } : null
}

/** 303, so that a reload of the next page does not send the form again. */
export function goTo(location: string): Response {
  return new Response(null, {
    status: 303,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  })
}

export function formText(exchange: Exchange, name: string): string {
  const value = exchange.body.fields[name]
  return typeof value === 'string' ? value : ''
}
