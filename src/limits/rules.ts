// The limits there are, one row each, with the numbers a site gets unless its settings say otherwise.
import { dayMs, hourMs, minuteMs } from '../kit/duration.ts'
import { type LimitRule, byAddress, guarded, shared, traffic } from './rule-kinds.ts'

export const limitRules = {
  everything: { ...traffic, ...byAddress, matches: 'everything', limit: 1000, windowMs: minuteMs },
  api: { ...traffic, phase: 'after-identity', subject: 'user', matches: 'api', limit: 100, windowMs: minuteMs },
  /** A program that has proven which client it is, wherever it asks from: one in a loop does not crowd out the others. */
  'oauth-client': {
    ...traffic,
    phase: 'login',
    subject: 'client',
    matches: 'asked',
    limit: 3000,
    windowMs: minuteMs,
  },
  login: {
    ...guarded,
    ...byAddress,
    // Also where a password is asked for once more: it can be guessed there as well.
    matches: {
      own: [
        'POST /v1/login',
        'POST /login',
        'POST /v1/reauthenticate',
        'POST /reauthenticate',
        'POST /v1/password/change',
        'POST /account/password',
      ],
    },
    limit: 5,
    windowMs: minuteMs,
  },
  'sign-up': {
    ...guarded,
    ...byAddress,
    matches: { own: ['POST /v1/signup', 'POST /signup'] },
    limit: 10,
    windowMs: hourMs,
  },
  'mail-code': {
    ...guarded,
    ...byAddress,
    matches: {
      own: [
        'POST /v1/email/verify',
        'POST /verify-email',
        'POST /v1/email/resend',
        'POST /resend',
        'POST /v1/password/reset',
        'POST /reset',
      ],
    },
    limit: 10,
    windowMs: minuteMs,
  },
  'magic-link-start': {
    ...guarded,
    ...byAddress,
    matches: { own: ['POST /v1/magic-link/start', 'POST /magic-link'] },
    limit: 5,
    windowMs: minuteMs,
  },
  'magic-link-verify': {
    ...guarded,
    ...byAddress,
    matches: { own: ['POST /v1/magic-link/verify', 'POST /magic-link/verify'] },
    limit: 10,
    windowMs: minuteMs,
  },
  'webauthn-start': {
    ...guarded,
    ...byAddress,
    matches: { own: ['POST /v1/webauthn/authenticate/start', 'POST /v1/webauthn/register/start'] },
    limit: 10,
    windowMs: minuteMs,
  },
  'webauthn-finish': {
    ...guarded,
    ...byAddress,
    matches: {
      own: [
        'POST /v1/webauthn/authenticate/finish',
        'POST /v1/webauthn/register/finish',
        'POST /login/passkey',
        'POST /mfa/passkey',
        'POST /reauthenticate/passkey',
        'POST /account/passkeys',
      ],
    },
    limit: 20,
    windowMs: minuteMs,
  },
  'password-forgot': {
    ...guarded,
    ...byAddress,
    matches: { own: ['POST /v1/password/forgot', 'POST /forgot'] },
    limit: 5,
    windowMs: minuteMs,
  },
  'second-factor': {
    ...guarded,
    ...byAddress,
    matches: {
      own: [
        'POST /v1/mfa/verify',
        'POST /mfa',
        'POST /v1/mfa/totp/start',
        'POST /v1/mfa/totp/finish',
        'POST /account/two-step/start',
        'POST /account/two-step/finish',
      ],
    },
    limit: 10,
    windowMs: minuteMs,
  },
  'social-start': {
    ...guarded,
    ...byAddress,
    matches: { own: ['GET /v1/oidc/*/start', 'POST /account/connections/connect'] },
    limit: 10,
    windowMs: minuteMs,
  },
  'social-finish': {
    ...guarded,
    ...byAddress,
    matches: { own: ['GET /v1/oidc/*/callback'] },
    limit: 20,
    windowMs: minuteMs,
  },
  /** The password of somebody signed in, asked for once more: whoever comes from many networks is still one account. */
  'own-password': { ...shared, subject: 'account', limit: 10, windowMs: hourMs },
  /** Messages to one mailbox, whoever asks for them: nobody's mailbox is to be filled from many addresses. */
  'mail-message': { ...shared, subject: 'mail-address', limit: 10, windowMs: hourMs },
  /** One asker must not use up what a mailbox may get, and so keep its owner from a message of their own. */
  'mail-asker': {
    ...guarded,
    phase: 'login',
    subject: ['address', 'mail-address'],
    matches: 'asked',
    limit: 4,
    windowMs: hourMs,
  },
  /** Mail costs money and a sender's good name: whoever has a network of addresses asks for no more than an office would. */
  'mail-network': { ...shared, subject: 'network', limit: 60, windowMs: hourMs },
  /** Watched, as it would keep everybody from a reset for the rest of the day: a site that knows its days may enforce it. */
  'mail-day': {
    ...shared,
    subject: 'site',
    limit: 10_000,
    windowMs: dayMs,
    state: 'shadow',
  },
  /** Whoever has a large IPv6 network has 65,536 clients by the rules above: together they are one more. */
  'ipv6-network': {
    ...guarded,
    phase: 'before-identity',
    subject: 'ipv6-network',
    matches: 'guarded',
    limit: 30,
    windowMs: minuteMs,
    response: 'captcha',
  },
  /**
   * Wrong passwords of devices nobody knows, from wherever, at whatever accounts: a list that is tried by hundreds of
   * addresses meets no other rule. One object counts for the whole world, so nothing stops where it cannot be asked.
   */
  'guesses-everywhere': {
    ...guarded,
    phase: 'login',
    subject: 'everyone',
    matches: 'asked',
    limit: 30,
    windowMs: minuteMs,
    response: 'captcha',
    withoutCaptcha: 'off',
    unreachable: 'open',
  },
  /** The same for messages that strangers ask for, by mail or text. */
  'messages-everywhere': {
    ...guarded,
    phase: 'login',
    subject: 'everyone',
    matches: 'asked',
    limit: 50,
    windowMs: minuteMs,
    response: 'captcha',
    withoutCaptcha: 'off',
    unreachable: 'open',
  },
  /** What one answered captcha is good for. */
  'captcha-uses': { ...shared, subject: 'clearance', limit: 5, windowMs: hourMs },
  /** Passwords from a whole network (IPv4 /24, IPv6 /48): addresses are cheap to those who have many. */
  'login-network': {
    ...guarded,
    phase: 'login',
    subject: 'network',
    matches: 'asked',
    limit: 300,
    windowMs: minuteMs,
    state: 'shadow',
  },
  'phone-code': { ...shared, subject: 'number', limit: 3, windowMs: hourMs },
  'phone-start': {
    ...guarded,
    ...byAddress,
    matches: {
      own: [
        'POST /v1/phone/start',
        'POST /phone',
        'POST /v1/phone/enrol/start',
        'POST /account/phone/start',
        'POST /v1/mfa/sms/start',
        'POST /mfa/sms',
      ],
    },
    limit: 5,
    windowMs: minuteMs,
  },
  'phone-verify': {
    ...guarded,
    ...byAddress,
    matches: {
      own: ['POST /v1/phone/verify', 'POST /phone/verify', 'POST /v1/phone/enrol/finish', 'POST /account/phone/finish'],
    },
    limit: 10,
    windowMs: minuteMs,
  },
  // What texts may cost, asked together by sms-fuse.ts: whoever it refuses is answered as if one had been sent.
  'sms-number': { ...shared, subject: 'number', limit: 10, windowMs: dayMs },
  'sms-network': { ...shared, subject: 'network', limit: 20, windowMs: hourMs },
  'sms-country': { ...shared, subject: 'country', limit: 200, windowMs: hourMs },
  'sms-day': { ...shared, subject: 'site', limit: 1000, windowMs: dayMs },
  /** So many texts to a country go out before it is asked whether the codes in them are used; see conversion.ts. */
  'sms-conversion': { ...shared, subject: 'country', limit: 20, windowMs: hourMs },
} as const satisfies Record<string, LimitRule>

export type LimitRuleId = keyof typeof limitRules
export const limitRuleIds = Object.keys(limitRules) as readonly LimitRuleId[]
