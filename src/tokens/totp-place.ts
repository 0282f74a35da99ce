/** What the sealed secret of an authenticator app is bound to. */
export function totpPlace(userId: string): string {
  return `totp_credentials.secret of ${userId}`
}
