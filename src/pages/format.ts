export type Moment = string | number | Date

/** Null for a moment that cannot be read: a page about sessions must not fail over one odd row. */
export function readMoment(moment: Moment, lang: string): { readonly iso: string; readonly shown: string } | null {
  const date = new Date(moment)
  if (Number.isNaN(date.getTime())) return null
  const format = new Intl.DateTimeFormat(lang, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    // Without a script the reader's zone is unknown; a named zone is at least never wrong.
    timeZone: 'UTC',
    timeZoneName: 'short',
  })
  return { iso: date.toISOString(), shown: format.format(date) }
}

// From 90 seconds on, minutes rounded up: a person told "2 minutes" must not come back too early.
const inUnits = (seconds: number): readonly [count: number, unit: 'second' | 'minute' | 'hour'] => {
  if (seconds < 90) return [Math.max(1, Math.ceil(seconds)), 'second']
  if (seconds < 90 * 60) return [Math.ceil(seconds / 60), 'minute']
  return [Math.ceil(seconds / 3600), 'hour']
}

/** "in 2 minutes", in the language given; Intl knows the plural forms, so a translation need not. */
export function waitingTime(seconds: number, lang: string): string {
  const [count, unit] = inUnits(seconds)
  return new Intl.RelativeTimeFormat(lang, { numeric: 'always' }).format(count, unit)
}

/** "15 minutes", in the language given. */
export function duration(seconds: number, lang: string): string {
  const [count, unit] = inUnits(seconds)
  return new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
}

/** Fills `{key}` in plain text; one pass, so a value containing `{key}` stays as it is. */
export const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (whole, key: string) => (Object.hasOwn(values, key) ? (values[key] ?? whole) : whole))
