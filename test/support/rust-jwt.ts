// Rust's `jsonwebtoken`, by the one build of it that this project asks for. Its wrapper names builds for every platform, of which
// registries do not hold all, and then no lock file is whole. Null on platforms the build is not for; where it is for, it has to
// be there, though npm calls it optional: a proof that went missing must not look like one that was not asked for.
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

export const rustJwt: RustJwt | null = isBuiltForThis()
  ? (createRequire(import.meta.url)('@node-rs/jsonwebtoken-linux-x64-gnu') as RustJwt)
  : null

function isBuiltForThis(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return process.platform === 'linux' && process.arch === 'x64' && header.glibcVersionRuntime !== undefined
}
