// The cookies of the gateway. `__Host-` ties them to this host, this path and TLS; localhost counts as secure in browsers.
export const sessionCookieName = '__Host-portcullis'
export const csrfCookieName = '__Host-portcullis-csrf'
export const preSessionCookieName = '__Host-portcullis-pre'
export const deviceCookieName = '__Host-portcullis-device'
export const pauseCookieName = '__Host-portcullis-mfa'
export const clearanceCookieName = '__Host-portcullis-cleared'
export const languageCookieName = '__Host-portcullis-lang'

/** Names that never reach an origin. */
export const ownCookieNames = [
  sessionCookieName,
  csrfCookieName,
  preSessionCookieName,
  deviceCookieName,
  pauseCookieName,
  clearanceCookieName,
  languageCookieName,
] as const

export function sessionCookie(token: string, expiresAtMs: number): string {
  return `${sessionCookieName}=${token}; Path=/; Secure; HttpOnly; SameSite=Lax; Expires=${new Date(expiresAtMs).toUTCString()}`
}

export function clearedCookie(name: (typeof ownCookieNames)[number]): string {
  return `${name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`
}

/** Readable by script: it has to be copied into a header. */
export function csrfCookie(token: string): string {
  return `${csrfCookieName}=${token}; Path=/; Secure; SameSite=Lax`
}

export function preSessionCookie(id: string): string {
  return `${preSessionCookieName}=${id}; Path=/; Secure; HttpOnly; SameSite=Lax`
}

/** Says only that somebody has signed in here before; see login/known-devices.ts. */
export function deviceCookie(marks: string, expiresAtMs: number): string {
  return `${deviceCookieName}=${marks}; Path=/; Secure; HttpOnly; SameSite=Lax; Expires=${new Date(expiresAtMs).toUTCString()}`
}

/** Stands for the first factor while the second is asked for. */
export function pauseCookie(token: string, maxAgeS: number): string {
  return `${pauseCookieName}=${token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAgeS}`
}

/** Says that somebody here answered a captcha; see login/captcha/clearance.ts. */
export function clearanceCookie(clearance: string, maxAgeS: number): string {
  return `${clearanceCookieName}=${clearance}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAgeS}`
}

export function languageCookie(language: string): string {
  return `${languageCookieName}=${language}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000`
}
