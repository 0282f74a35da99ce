// The two pages an application may send a browser to by a form as well as by a link (OpenID Connect Core §3.1.2.1,
// RP-Initiated Logout §2). A form comes from the application's page, so it knows no token of ours, and the browser leaves
// our cookies out of it (`SameSite=Lax`). So it is never acted on: it becomes the link it stands for, which the browser
// opens with its cookies, and for which everything holds that holds for links.
import { GatewayError } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { goTo } from '../forms/answer.ts'
import { requireForm } from '../forms/require-form.ts'

/** What the address of the form itself says beside its fields counts for nothing: a parameter has one place. */
export function restateAsLink({ body, target }: Exchange): Response {
  requireForm({ body })
  if (body.hasRepeats) throw new GatewayError(reject('bad_request', 'a parameter more than once'))
  const query = new URLSearchParams(Object.entries(body.fields).map(([name, value]) => [name, String(value)]))
  return goTo(`${target.path}?${query.toString()}`)
}
