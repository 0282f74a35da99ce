// A code as a text. The last line binds it to this site: phones offer to fill it in there and nowhere else
// (https://wicg.github.io/sms-one-time-codes/).
import { fill } from './format.ts'
import type { Texts } from './texts/en.ts'
import type { Theme } from './theme.ts'
import { forSite } from './mail/mail-text.ts'

export type SmsTextProps = {
  readonly theme: Theme
  readonly texts: Texts
  readonly code: string
  /** Where the code is typed in, such as `example.com`. */
  readonly host: string
}

export function smsText({ theme, texts, code, host }: SmsTextProps): string {
  return `${forSite(fill(texts.sms.code, { code }), theme)}\n\n@${host} #${code}`
}
