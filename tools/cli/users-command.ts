// `portcullis users …`
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ArgsDef, defineCommand } from 'citty'
import { gatewaySchema } from '../../src/config/gateway-schema.ts'
import { legacyForms } from '../../src/login/password/legacy/read.ts'
import { failWith } from '../dev/reason.ts'
import { importUsers } from './import-users.ts'
import { type Format, formats } from './user-lines.ts'

/** One sentence instead of a stack trace, whatever went wrong. */
const carefully = (run: () => Promise<void>): Promise<void> => Promise.resolve().then(run).catch(failWith)

const importArgs = {
  file: { type: 'positional', description: 'a line of JSON for each person, or CSV with a header', required: true },
  format: { type: 'string', description: 'jsonl or csv; left out, by the end of the file’s name' },
  verified: { type: 'boolean', description: 'the addresses are proven, where a line does not say' },
  continent: { type: 'string', description: 'where the people are, such as EU' },
} as const satisfies ArgsDef

function formatOf(file: string, given: string | undefined): Format {
  const name = given ?? (extname(file) === '.csv' ? 'csv' : 'jsonl')
  const format = formats.find((one) => one === name)
  if (format === undefined) throw new Error(`--format is one of ${formats.join(', ')}.`)
  return format
}

/** Part of every session token: as the gateway itself reads it. */
async function shardCount(): Promise<number> {
  const file = resolve(process.env['PORTCULLIS_CONFIG'] ?? 'gateway.config.ts')
  const { default: config } = (await import(pathToFileURL(file).href)) as { default: { sessions?: unknown } }
  return gatewaySchema.shape.sessions.parse(config.sessions).shards
}

/** A line that is written over where somebody watches, and one for each tenth where nobody does. */
function showProgress(): (done: number, all: number) => void {
  let told = 0
  return (done, all) => {
    const text = `${done} of ${all} people`
    if (process.stderr.isTTY) process.stderr.write(`\r${text}${done === all ? '\n' : ''}`)
    else if (done === all || done - told >= all / 10) {
      told = done
      process.stderr.write(`${text}\n`)
    }
  }
}

export const usersCommand = (databaseUrl: () => string) =>
  defineCommand({
    meta: { name: 'users', description: 'people of an existing site' },
    subCommands: {
      import: defineCommand({
        meta: {
          name: 'import',
          description: `email, password_hash, name, email_verified, roles of each. Hashes: ${legacyForms.join(' · ')}`,
        },
        args: importArgs,
        run: ({ args }) =>
          carefully(async () => {
            const { created, skipped } = await importUsers({
              databaseUrl: databaseUrl(),
              file: args.file,
              format: formatOf(args.file, args.format),
              areVerified: args.verified ?? false,
              continent: args.continent ?? null,
              shards: await shardCount(),
              progress: showProgress(),
            })
            console.log(`imported ${created}; here already: ${skipped}`)
          }),
      }),
    },
  })
