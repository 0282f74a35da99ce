// A phone number as it is stored and looked up: one spelling (E.164), of a mobile, in a country that the site sends to.
import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/mobile'

export interface PhoneNumber {
  /** E.164, such as `+4915112345678`. */
  readonly number: string
  /** ISO 3166-1, such as `DE`: several share the code +1. */
  readonly country: string
}

export interface PhonePlan {
  /** Whose numbers may be typed without the country's code. */
  readonly country: string
  /** Where texts are sent to, and nowhere else. */
  readonly countries: readonly string[]
}

const longestText = 40

/**
 * Null for what is no number, no mobile's, or of another country: landlines and premium numbers cost and prove nothing. NFKC
 * first, as people paste full-width digits.
 */
export function parsePhone(text: string, { country, countries }: PhonePlan): PhoneNumber | null {
  if (text.length > longestText || !isSupportedCountry(country)) return null
  const parsed = parsePhoneNumberFromString(text.normalize('NFKC').trim(), { defaultCountry: country, extract: false })
  if (parsed?.country === undefined || !parsed.isValid() || parsed.ext !== undefined) return null
  return countries.includes(parsed.country) ? { number: parsed.number, country: parsed.country } : null
}

/** Enough for its owner to recognise, and for nobody else: the country's code and the last two digits. */
export function maskedPhone(number: string): string {
  const parsed = parsePhoneNumberFromString(number)
  return `${parsed === undefined ? '' : `+${parsed.countryCallingCode} `}… ${number.slice(-2)}`
}
