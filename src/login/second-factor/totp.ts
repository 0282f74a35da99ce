// Time-based one-time passwords (RFC 6238) as every authenticator app makes them: SHA-1, six digits, thirty seconds.
import { Secret, TOTP, URI } from 'otpauth'

const settings = { algorithm: 'SHA1', digits: 6, period: 30 } as const
/** One step to either side: clocks differ, and typing takes a while. */
const window = 1
/** RFC 4226 §4 asks for 128 bits and recommends 160. */
const secretBytes = 20

/** In base32, as it is typed into an app. */
export function newTotpSecret(): string {
  return new Secret({ size: secretBytes }).base32
}

/** What the picture says. The address tells somebody with several accounts here which one it is. */
export function otpauthUrl(
  secret: string,
  { issuer, email }: { readonly issuer: string; readonly email: string },
): string {
  // A colon would end the issuer for apps that read the label.
  const name = issuer.replaceAll(':', ' ')
  return URI.stringify(new TOTP({ ...settings, issuer: name, label: email, secret: Secret.fromBase32(secret) }))
}

/** The time step a code is of, or null. Whether the step is spent, the record knows. */
export function totpStep(secret: string, code: string, nowMs: number): number | null {
  const token = code.replace(/\s/g, '')
  // The library compares bytes, and throws when there are more of them than digits.
  if (!/^\d{6}$/.test(token)) return null
  const delta = TOTP.validate({ ...settings, token, secret: Secret.fromBase32(secret), timestamp: nowMs, window })
  return delta === null ? null : TOTP.counter({ period: settings.period, timestamp: nowMs }) + delta
}
