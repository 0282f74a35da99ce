// Where a session began, in the reader's language.
export interface ShownPlace {
  readonly country: string
  readonly city: string | null
}

/** The platform's code for exits of Tor, which are in no country. */
const tor = 'T1'

/** A code that has no name in this language is shown as it is. */
export function placeText({ country, city }: ShownPlace, lang: string): string {
  if (country === tor) return 'Tor'
  const name = new Intl.DisplayNames(lang, { type: 'region', fallback: 'code' }).of(country) ?? country
  return city === null ? name : `${city}, ${name}`
}
