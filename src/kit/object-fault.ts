// Tells whether an error says that a Durable Object could not be asked, as opposed to a mistake in this isolate.

/**
 * Such an error carries marks instead of a class: `overloaded` and `retryable` from the platform, `remote` when the
 * object itself threw. What breaks inside the platform comes without any, as "internal error; reference = …".
 */
export function isObjectFault(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  if ('overloaded' in error || 'retryable' in error || 'remote' in error) return true
  return error instanceof Error && error.message.startsWith('internal error')
}
