// The refresh token `prt.shard.session.generation.secret`. Its secret follows from a key of the worker, a seed in the
// database and the generation: whoever holds one of the two makes none; whoever asks twice is given the same; and a token
// of long ago is told from an invented one, so that nobody can end a family by guessing.
import { createHmac } from 'node:crypto'
import { randomToken } from '../kit/random.ts'

export interface RefreshToken {
  readonly shard: string
  readonly sessionId: string
  readonly generation: number
  readonly secret: string
}

const pattern =
  /^prt\.([a-z]{2}-\d{1,4})\.([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\.(0|[1-9]\d{0,8})\.([\w-]{43})$/

/** Null for anything that was never issued here. The prefix keeps it from ever being read as a session cookie. */
export function parseRefreshToken(text: string): RefreshToken | null {
  const [, shard, sessionId, generation, secret] = pattern.exec(text) ?? []
  if (!shard || !sessionId || !generation || !secret) return null
  return { shard, sessionId, generation: Number(generation), secret }
}

export function formatRefreshToken({ shard, sessionId, generation, secret }: RefreshToken): string {
  return `prt.${shard}.${sessionId}.${generation}.${secret}`
}

export function newRefreshSeed(): string {
  return randomToken(32)
}

/** The key that makes secrets, and all whose secrets count: after a change of keys, the one before as well. */
export interface RefreshKeys {
  readonly current: Uint8Array
  readonly accepted: readonly Uint8Array[]
}

export function refreshSecret(key: Uint8Array, seed: string, sessionId: string, generation: number): string {
  return createHmac('sha256', key).update(`${seed}.${sessionId}.${generation}`).digest('base64url')
}
