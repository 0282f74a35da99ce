// `portcullis data-key …`
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { defineCommand } from 'citty'
import { dataKeys } from '../../src/config/environment-schema.ts'
import { type Resealed, resealSecrets } from '../../src/tokens/reseal-secrets.ts'
import { sealedTextsUnder } from '../../src/tokens/sealed-text.ts'
import { failWith } from '../dev/reason.ts'
import { query } from './query.ts'

const reseal = (file: string): Promise<Resealed> => {
  const environment = parseEnv(readFileSync(file, 'utf8'))
  const { DATABASE_URL: databaseUrl = process.env['DATABASE_URL'] } = environment
  if (!databaseUrl) throw new Error(`DATABASE_URL is neither in ${file} nor set.`)
  const keys = dataKeys.safeParse(environment)
  if (!keys.success)
    throw new Error(
      `${file}: ${keys.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
    )
  const ask = (statement: Parameters<typeof query>[1]) => query(databaseUrl, statement)
  const { DATA_KEY: current, DATA_KEY_PREVIOUS: previous } = keys.data
  const sealed = sealedTextsUnder(previous === undefined ? [current] : [current, previous])
  return resealSecrets({ read: ask, write: ask, writeIdempotent: ask }, sealed)
}

export const dataKeyCommand = defineCommand({
  meta: { name: 'data-key', description: 'what is encrypted in the database' },
  subCommands: {
    reseal: defineCommand({
      meta: { name: 'reseal', description: 'encrypts anew, under DATA_KEY, what DATA_KEY_PREVIOUS has encrypted' },
      args: {
        file: { type: 'string', description: 'the file with both keys, as in --file .env.production', required: true },
      },
      run: ({ args }) =>
        Promise.resolve()
          .then(() => reseal(args.file))
          .then(({ resealed, left }) => console.log(`sealed anew: ${resealed}; left under another key: ${left}`))
          .catch(failWith),
    }),
  },
})
