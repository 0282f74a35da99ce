// Opens the secret of an authenticator app. Where no key at hand does, whoever runs the gateway can mend it and nobody else can:
// by the DATA_KEY_PREVIOUS that was taken away too early. Until then the app counts for nothing; other factors do.
import type { Deps } from '../../deps.ts'
import { unavailable } from '../../errors.ts'
import { log } from '../../log.ts'
import { totpPlace } from '../../tokens/totp-place.ts'

export async function openSecret(
  { sealed }: Deps,
  userId: string,
  secret: string,
): Promise<{ readonly text: string; readonly isCurrent: boolean }> {
  try {
    return await sealed.open(secret, totpPlace(userId))
  } catch (cause) {
    log('error', 'the secret of an authenticator app cannot be opened: DATA_KEY_PREVIOUS is missing', {
      user_id: userId,
    })
    throw unavailable('sealed under a key that is not at hand', cause)
  }
}
