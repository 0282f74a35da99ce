import { convenienceScript } from './convenience-script.ts'
import { passkeyScript } from './passkey-script.ts'

export type PageScript = {
  readonly code: string
  /** Whether the policy has to let it ask this host. */
  readonly asks: boolean
}

/** All that ever run on the hosted pages, apart from the captcha's. Each is of use to a page that is of use without it. */
export const scripts = {
  passkeys: { code: passkeyScript, asks: true },
  conveniences: { code: convenienceScript, asks: false },
} as const satisfies Record<string, PageScript>
