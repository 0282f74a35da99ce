/**
 * Why a request carries no identity.
 *
 * - `missing`: no assertion header, or an empty one. The request did not come through the gateway.
 * - `duplicate`: more than one assertion.
 * - `malformed`: not a JWT, or its claims do not have the shape the gateway mints.
 * - `wrong-type`: a JWT of the right issuer's making, perhaps, but not an assertion.
 * - `wrong-issuer`, `wrong-audience`: an assertion from another gateway, or for another origin.
 * - `expired`: now is outside its window, on either side: too old, or issued in the future.
 * - `bad-signature`: not signed with ES256 by a key the gateway publishes.
 * - `keys-unreachable`: the key set could not be had, so nothing is known about the request. Answer 503, not 401.
 */
export type NotVerifiedReason =
  | 'missing'
  | 'malformed'
  | 'wrong-type'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'expired'
  | 'bad-signature'
  | 'keys-unreachable'
  | 'duplicate'

// Fixed sentences: an assertion is a bearer credential for its 60 seconds, and error messages end up in logs.
const MESSAGES: Readonly<Record<NotVerifiedReason, string>> = {
  missing: 'the request carries no assertion',
  malformed: 'the assertion is malformed',
  'wrong-type': 'the token is not an assertion',
  'wrong-issuer': 'the assertion comes from another issuer',
  'wrong-audience': 'the assertion is meant for another origin',
  expired: 'the assertion is outside its validity window',
  'bad-signature': 'the assertion is not signed by a key of the issuer',
  'keys-unreachable': 'the key set of the issuer could not be obtained',
  duplicate: 'the request carries more than one assertion',
}

/**
 * The one error `verifyRequest` throws about a request. Branch on `reason`; `message` is for people.
 *
 * `cause` is set for `keys-unreachable` only. The errors of jose carry the decoded claims, and a logger that prints
 * causes would write personal data; a failed fetch knows nothing of the request.
 */
export class NotVerified extends Error {
  override readonly name = 'NotVerified'
  readonly reason: NotVerifiedReason

  constructor(reason: NotVerifiedReason, options?: ErrorOptions) {
    super(MESSAGES[reason], options)
    this.reason = reason
  }
}
