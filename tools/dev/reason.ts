/** One line that says what went wrong: connection errors of Node arrive as an AggregateError with an empty message. */
export const reason = (error: unknown): string => {
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0) return reason(error.errors[0])
  const text = error instanceof Error ? error.message || error.name : String(error)
  return (text.split('\n').find((line) => line.trim() !== '') ?? text).trim()
}

/** The end of every command line program here: one sentence on stderr, never a stack trace. */
export const failWith = (error: unknown): never => {
  process.stderr.write(`${error instanceof Error ? error.message || reason(error) : String(error)}\n`)
  process.exit(1)
}
