// Which key a request proves to hold, by a proof that counts once (RFC 9449 §4.3), and how somebody is told that it did not.
import { admitsHost } from '../access/host-patterns.ts'
import type { Exchange } from '../exchange.ts'
import { type Result, fail, succeed } from '../kit/result.ts'
import {
  type DpopNonces,
  type Proof,
  type ProofProblem,
  proofAlgorithms,
  proofRememberedMs,
  verifyProof,
} from './dpop.ts'

/** `unknown`: nobody can say now whether the proof was used before. */
export type KeyProblem = ProofProblem | 'no proof' | 'another key' | 'used before' | 'unknown'

interface WantedKey {
  /** What the proof must be about; null where nothing is shown along with it. */
  readonly accessToken: string | null
  /** Whose proof it must be; null: anybody's. */
  readonly jkt: string | null
}

type Asked = Pick<Exchange, 'request' | 'target' | 'deps'>

interface Proven extends Proof {
  readonly accessToken: string | null
}

/** A proof is for one request, in whose course several may ask: spending it twice would refuse it to the second. */
const provenBy = new WeakMap<Request, Proven>()

/** The thumbprint of the key. A proof that is refused for another reason is not spent by that. */
export async function proveKey(asked: Asked, wanted: WantedKey): Promise<Result<string, KeyProblem>> {
  const { request, deps } = asked
  const before = provenBy.get(request)
  // A proof about a token is one of the key all the same.
  if (before !== undefined && (wanted.accessToken === null || wanted.accessToken === before.accessToken))
    return isWanted(before, wanted) ? succeed(before.jkt) : fail('another key')
  const text = request.headers.get('dpop')
  if (text === null) return fail('no proof')
  const url = addressOf(asked)
  if (url === null) return fail('claims')
  const { accessToken } = wanted
  const context = { method: request.method, url, accessToken, nonces: deps.dpopNonces, nowMs: deps.now() }
  const proof = await verifyProof(text, context)
  if (!proof.ok) return proof
  if (!isWanted(proof.value, wanted)) return fail('another key')
  const isFirst = await spend(deps, proof.value)
  if (isFirst === 'unknown') return fail('unknown')
  if (!isFirst) return fail('used before')
  provenBy.set(request, { ...proof.value, accessToken })
  return succeed(proof.value.jkt)
}

/** The key that a request has proven to hold already, whatever for; null for none. */
export function provenKeyOf(request: Request): string | null {
  return provenBy.get(request)?.jkt ?? null
}

function isWanted({ jkt }: Proof, wanted: WantedKey): boolean {
  return wanted.jkt === null || wanted.jkt === jkt
}

/**
 * As the client saw it: the host it asked for, by the scheme of the public address. A host that nobody configured is
 * none of ours: whoever gets a proof meant for his own site could send it here under that name.
 */
function addressOf({ target, deps: { publicUrl } }: Asked): string | null {
  if (!admitsHost(publicUrl.hosts, target.host)) return null
  // Without the port that goes without saying: the connection to here may have been of another scheme.
  return new URL(`${publicUrl.protocol}://${target.host}`).origin + target.path
}

/** Counting to one is remembering: the limit object does so exactly, for all isolates, across restarts. */
async function spend({ limits }: Asked['deps'], { jkt, jti }: Proof): Promise<boolean | 'unknown'> {
  try {
    return await limits.spendOnce(`dpop:${jkt}:${jti}`, proofRememberedMs)
  } catch {
    return 'unknown'
  }
}

const errors = {
  nonce: 'use_dpop_nonce',
  malformed: 'invalid_dpop_proof',
  claims: 'invalid_dpop_proof',
  'no proof': 'invalid_dpop_proof',
  'used before': 'invalid_dpop_proof',
  'another key': 'invalid_token',
} as const satisfies Record<Exclude<KeyProblem, 'unknown'>, string>

export type DpopError = (typeof errors)[keyof typeof errors]

export function dpopError(problem: Exclude<KeyProblem, 'unknown'>): DpopError {
  return errors[problem]
}

/** RFC 9449 §7.1, §8: what was wrong, which algorithms would be right, and the nonce for the next try. */
export function dpopChallenge(error: string, nonces: Pick<DpopNonces, 'current'>): Readonly<Record<string, string>> {
  return {
    'www-authenticate': `DPoP error="${error}", algs="${proofAlgorithms.join(' ')}"`,
    'dpop-nonce': nonces.current(),
  }
}
