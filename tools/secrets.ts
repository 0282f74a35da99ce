import { parseArgs } from 'node:util'
import { createSecrets, defaultKeySize } from './dev/environment.ts'
import { failWith } from './dev/reason.ts'
import { keySizeOf } from './dev/token-keys.ts'

// Lines of NAME=value: for `wrangler secret bulk`, for a .env file, or one by one for `wrangler secret put NAME`.
// Single quotes keep the JSON whole in a shell and in every .env reader; no value here can hold one.
try {
  const { values } = parseArgs({ options: { rsa: { type: 'string', default: String(defaultKeySize) } } })
  for (const [name, value] of Object.entries(await createSecrets(keySizeOf(values.rsa)))) {
    console.log(value.includes('"') ? `${name}='${value}'` : `${name}=${value}`)
  }
} catch (error) {
  failWith(error)
}
