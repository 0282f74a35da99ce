// Which public keys are accepted (COSE, RFC 9053): what was offered, with a key type that belongs to the algorithm and a
// size that means something. The library compares the algorithm's number alone.
import { cose } from '@simplewebauthn/server/helpers'

/** EdDSA, ES256 and RS256: between them every authenticator on the market. */
export const algorithms = [-8, -7, -257] as const

const smallestRsaBytes = 256
const largestRsaBytes = 512

export function isSoundKey(key: cose.COSEPublicKey): boolean {
  const alg: unknown = key.get(cose.COSEKEYS.alg)
  if (alg === cose.COSEALG.ES256 && cose.isCOSEPublicKeyEC2(key))
    return (
      key.get(cose.COSEKEYS.crv) === cose.COSECRV.P256 &&
      hasBytes(key.get(cose.COSEKEYS.x), 32) &&
      hasBytes(key.get(cose.COSEKEYS.y), 32)
    )
  if (alg === cose.COSEALG.EdDSA && cose.isCOSEPublicKeyOKP(key))
    return key.get(cose.COSEKEYS.crv) === cose.COSECRV.ED25519 && hasBytes(key.get(cose.COSEKEYS.x), 32)
  if (alg === cose.COSEALG.RS256 && cose.isCOSEPublicKeyRSA(key))
    return isRsaModulus(key.get(cose.COSEKEYS.n)) && isF4(key.get(cose.COSEKEYS.e))
  return false
}

function hasBytes(value: unknown, count: number): boolean {
  return value instanceof Uint8Array && value.length === count
}

/** Without a leading zero, as COSE writes it (RFC 8230 §4): 2048 to 4096 bits. */
function isRsaModulus(n: unknown): boolean {
  return n instanceof Uint8Array && n.length >= smallestRsaBytes && n.length <= largestRsaBytes && (n[0] ?? 0) >= 0x80
}

/** 65537: every authenticator's choice; with 1 anybody could sign. */
function isF4(e: unknown): boolean {
  return e instanceof Uint8Array && e.length === 3 && e[0] === 1 && e[1] === 0 && e[2] === 1
}
