// What Twilio's two products have in common: forms over HTTP, with the account's name and secret
// (https://www.twilio.com/docs/usage/requests-to-twilio).
import { askVendor } from '../delivery-fault.ts'

export interface TwilioAccount {
  readonly accountSid: string
  readonly authToken: string
  /** A stand-in for both products' hosts. */
  readonly endpoint: string | undefined
}

export function twilioRequest(
  { accountSid, authToken, endpoint }: TwilioAccount,
  {
    host,
    path,
    form,
  }: { readonly host: string; readonly path: string; readonly form: Readonly<Record<string, string>> },
): Request {
  return new Request(`${(endpoint ?? `https://${host}`).replace(/\/$/, '')}${path}`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    body: new URLSearchParams(form),
  })
}

export async function askTwilio(request: Request, withinMs?: number): Promise<Response> {
  return askVendor('twilio', request, withinMs)
}
