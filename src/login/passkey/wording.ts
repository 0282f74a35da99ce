/** What pages say when a passkey was of no use. */
export const passkeyWording = {
  invalid_or_expired: 'passkey_expired',
  invalid_input: 'passkey_refused',
  passkey_refused: 'passkey_refused',
  passkey_exists: 'passkey_exists',
  too_many_passkeys: 'too_many_passkeys',
  unknown_passkey: 'unknown_passkey',
  not_found: 'unknown_passkey',
} as const
