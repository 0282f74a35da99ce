// TOKEN_KEYS in a file of NAME=value lines, as `npm run secrets` writes and `wrangler secret bulk` reads them.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { TokenKeySet } from '../dev/token-keys.ts'

const line = /^TOKEN_KEYS=(.*)$/m

export function readTokenKeys(file: string): TokenKeySet {
  const [, text] = line.exec(readFileSync(file, 'utf8')) ?? []
  if (text === undefined) throw new Error(`${file} has no line TOKEN_KEYS=…; make one with: npm run -s secrets`)
  try {
    return JSON.parse(text.trim().replace(/^'(.*)'$/, '$1')) as TokenKeySet
  } catch {
    throw new Error(`TOKEN_KEYS in ${file} is not a key set in JSON`)
  }
}

/** Whole or not at all: a half-written file would be a lost key. */
export function writeTokenKeys(file: string, keys: TokenKeySet): void {
  const text = readFileSync(file, 'utf8').replace(line, () => `TOKEN_KEYS='${JSON.stringify(keys)}'`)
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
