import { GatewayError } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'

/** The page paths take forms only: a JSON body may come without a CSRF token, and has its own path. */
export function requireForm({ body }: Pick<Exchange, 'body'>): void {
  if (body.kind === 'form') return
  throw new GatewayError(reject('unsupported_media_type', 'a page path takes a form'))
}
