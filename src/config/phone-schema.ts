// What a site can say of signing in by phone: by whom texts are sent, and where to.
import { isSupportedCountry } from 'libphonenumber-js/mobile'
import { z } from 'zod'

const country = z.string().refine((code) => isSupportedCountry(code), 'a country by its two capitals, such as "DE"')

const numbers = {
  /** Whose numbers may be typed without the country's code. */
  country,
  /** Where texts are sent to. Each country more is one more whose operators can be made to earn by your texts. */
  countries: z.array(country).min(1).optional(),
}

const ownCountry = <Value extends { readonly country: string; readonly countries?: readonly string[] | undefined }>(
  value: Value,
) => ({ ...value, countries: value.countries ?? [value.country] })

const e164 = z.string().regex(/^\+[1-9]\d{6,14}$/, 'a number such as "+15005550006"')

export const phoneSchema = z
  .discriminatedUnion('provider', [
    z.strictObject({ provider: z.literal('none') }),
    z
      .strictObject({
        /** The code is the gateway's own. */
        provider: z.literal('twilio-messaging'),
        sender: z.union([
          z.strictObject({ from: e164 }),
          z.strictObject({ messagingServiceSid: z.string().regex(/^MG[0-9a-fA-F]{32}$/, 'an id such as "MG…"') }),
        ]),
        ...numbers,
      })
      .transform(ownCountry),
    z
      .strictObject({
        /** The code is Twilio's. */
        provider: z.literal('twilio-verify'),
        serviceSid: z.string().regex(/^VA[0-9a-fA-F]{32}$/, 'an id such as "VA…"'),
        ...numbers,
      })
      .transform(ownCountry),
  ])
  .prefault({ provider: 'none' })
