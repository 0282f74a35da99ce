import { createSecrets } from './dev/environment.ts'

// Lines of NAME=value: for `wrangler secret bulk`, for a .env file, or one by one for `wrangler secret put NAME`.
// Single quotes keep the JSON whole in a shell and in every .env reader; no value here can hold one.
for (const [name, value] of Object.entries(await createSecrets())) {
  console.log(value.includes('"') ? `${name}='${value}'` : `${name}=${value}`)
}
