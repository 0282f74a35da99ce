import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import { shownPath } from './project.ts'
import { type KeySize, createTokenKeys } from './token-keys.ts'

export const secretNames = ['ASSERTION_KEYS', 'TOKEN_KEYS', 'DATA_KEY', 'PASSWORD_PEPPER', 'METRICS_TOKEN'] as const
export type SecretName = (typeof secretNames)[number]

export const defaultKeySize: KeySize = 4096

const random = (): string => randomBytes(32).toString('base64url')

export const createSecrets = async (bits: KeySize = defaultKeySize): Promise<Record<SecretName, string>> => {
  const tokenKeys = createTokenKeys(bits)
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  // A random name rather than a thumbprint: it says nothing, and tells keys apart in a set just as well.
  const key = { ...(await exportJWK(privateKey)), kid: randomBytes(8).toString('base64url'), alg: 'ES256', use: 'sig' }
  return {
    ASSERTION_KEYS: JSON.stringify({ keys: [key] }),
    TOKEN_KEYS: JSON.stringify(await tokenKeys),
    DATA_KEY: random(),
    PASSWORD_PEPPER: random(),
    METRICS_TOKEN: random(),
  }
}

const readKept = (file: string): Record<string, string> => {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return {}
  }
  try {
    return JSON.parse(text) as Record<string, string>
  } catch {
    throw new Error(`${shownPath(file)} is damaged; start afresh with: npm run dev -- --reset`)
  }
}

/**
 * Secrets that stay the same from one start to the next, for otherwise the accounts in the kept database could not sign
 * in again. A secret that a newer version needs is added to those that are there.
 */
export const keptSecrets = async (dataDir: string): Promise<Record<SecretName, string>> => {
  mkdirSync(dataDir, { recursive: true })
  const file = join(dataDir, 'secrets.json')
  const kept = readKept(file)
  const isWhole = secretNames.every((name) => kept[name] !== undefined)
  // Keys of this size take seconds to make.
  const fresh = isWhole ? null : await createSecrets()
  if (fresh === null) return kept
  const secrets = { ...fresh, ...kept }
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return secrets
}

/** All of the worker's bindings that do not depend on which other servers run. */
export const developmentEnvironment = async ({
  dataDir,
  port,
}: {
  dataDir: string
  port: number
}): Promise<Record<string, string>> => ({
  MODE: 'development',
  PUBLIC_URL: `http://localhost:${port}`,
  ...(await keptSecrets(dataDir)),
})
