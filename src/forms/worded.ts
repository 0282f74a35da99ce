import type { Exchange } from '../exchange.ts'
import { textsFor } from '../language.ts'

/** What a form says at each wrong field, from the reasons of a refusal. */
export function worded(
  exchange: Exchange,
  fields: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const texts = textsFor(exchange)
  const known: Readonly<Record<string, string>> = texts.fieldProblems
  return Object.fromEntries(
    Object.entries(fields).map(([path, reason]) => [path, known[reason] ?? texts.problems.invalid_input]),
  )
}
