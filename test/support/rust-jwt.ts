// Rust's `jsonwebtoken`, by the one build of it that this project asks for. Its wrapper names builds for every platform, of which
// registries do not hold all, and then no lock file is whole. Null on platforms the build is not for.
import { createRequire } from 'node:module'

interface RustJwt {
  decodeHeader(token: string): { readonly keyId?: string }
  /** Rejects what it does not accept. */
  verify(
    token: string,
    publicKeyPem: string | Buffer,
    rules: {
      readonly algorithms: readonly string[]
      readonly iss: readonly string[]
      readonly aud: readonly string[]
      readonly requiredSpecClaims: readonly string[]
      readonly leeway: number
    },
  ): Promise<Readonly<Record<string, unknown>>>
}

export const rustJwt: RustJwt | null = load()

function load(): RustJwt | null {
  try {
    return createRequire(import.meta.url)('@node-rs/jsonwebtoken-linux-x64-gnu') as RustJwt
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}
