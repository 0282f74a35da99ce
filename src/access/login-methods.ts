// The ways to sign in that can be switched, one row each: what begins one, and what ends one that began. A share of visitors
// is who may begin: a mailed link may be opened in another network, and then has to work there.
export const loginMethodPaths = {
  password: { begins: ['POST /v1/login', 'POST /login'], ends: [] },
  'sign-up': { begins: ['POST /v1/signup', 'GET /signup', 'POST /signup'], ends: [] },
  'password-reset': {
    begins: ['POST /v1/password/forgot', 'GET /forgot', 'POST /forgot'],
    ends: ['POST /v1/password/reset', 'GET /reset', 'POST /reset'],
  },
  'magic-link': {
    begins: ['POST /v1/magic-link/start', 'POST /magic-link'],
    ends: ['GET /magic-link', 'POST /v1/magic-link/verify', 'POST /magic-link/verify'],
  },
  phone: {
    begins: ['POST /v1/phone/start', 'GET /phone', 'POST /phone'],
    ends: ['POST /v1/phone/verify', 'POST /phone/verify'],
  },
  passkey: {
    begins: ['POST /v1/webauthn/authenticate/start'],
    ends: ['POST /v1/webauthn/authenticate/finish', 'POST /login/passkey'],
  },
} as const satisfies Record<string, { readonly begins: readonly string[]; readonly ends: readonly string[] }>

export type LoginMethodId = keyof typeof loginMethodPaths
export const loginMethodIds = Object.keys(loginMethodPaths) as readonly LoginMethodId[]
