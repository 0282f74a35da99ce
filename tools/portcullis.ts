// The operator's command line: what is done to a running gateway from outside.
import { defineCommand, runMain } from 'citty'
import { clientCommand } from './cli/client-command.ts'
import { dataKeyCommand } from './cli/data-key.ts'
import { explainRequest, explanationText } from './cli/explain.ts'
import { readTokenKeys, writeTokenKeys } from './cli/key-file.ts'
import { wordsOf } from './cli/words.ts'
import { usersCommand } from './cli/users-command.ts'
import { failWith } from './dev/reason.ts'
import { keySizeOf, rotateTokenKeys } from './dev/token-keys.ts'

const databaseUrl = (): string => {
  const url = process.env['DATABASE_URL']
  if (!url) throw new Error('DATABASE_URL is not set; give it the connection string of the gateway’s database.')
  return url
}

/** One sentence instead of a stack trace, whatever went wrong. */
const carefully = (run: () => Promise<void> | void): Promise<void> => Promise.resolve().then(run).catch(failWith)

const file = { type: 'string', description: 'the file with the line TOKEN_KEYS=…', default: '.env.production' } as const

const rotate = defineCommand({
  meta: { name: 'rotate', description: 'next key signs, the one that signed only verifies, a new next one is made' },
  args: {
    file,
    rsa: { type: 'string', description: 'bits of the new key: 2048, 3072 or 4096', default: '4096' },
    force: { type: 'boolean', description: 'also if verifiers may not have seen the next key yet' },
  },
  run: ({ args }) =>
    carefully(async () => {
      const before = readTokenKeys(args.file)
      const bits = keySizeOf(args.rsa)
      const keys = await rotateTokenKeys(before, { bits, now: new Date(), isForced: args.force ?? false })
      writeTokenKeys(args.file, keys)
      for (const { kid, state } of keys.keys) console.log(`${state} ${kid}`)
      console.log(`${args.file} is written; put it in force with: npx wrangler secret bulk ${args.file}`)
    }),
})

const keysList = defineCommand({
  meta: { name: 'list', description: 'the keys, their state and since when' },
  args: { file },
  run: ({ args }) =>
    carefully(() => {
      for (const { kid, state, since } of readTokenKeys(args.file).keys) console.log(`${state} ${kid} since ${since}`)
    }),
})

const minutesOf = (text: string): number => {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new Error(`--proven takes a number of minutes, or "unknown", not "${text}".`)
}

const explainCommand = defineCommand({
  meta: { name: 'explain', description: 'what would happen to a request, and which rule says so' },
  args: {
    method: { type: 'positional', description: 'such as GET', required: true },
    url: { type: 'positional', description: 'the address in full', required: true },
    as: { type: 'string', description: 'roles of who asks, with spaces between, or "nobody"', default: 'nobody' },
    aal: { type: 'string', description: 'assurance level of who asks: 1 or 2', default: '1' },
    proven: {
      type: 'string',
      description: 'how many minutes ago they proved who they are, or "unknown"',
      default: '0',
    },
    header: { type: 'string', description: '"name: value"; several with a line feed between' },
    json: { type: 'boolean', description: 'as JSON' },
  },
  run: ({ args }) =>
    carefully(async () => {
      const found = await explainRequest({
        method: args.method,
        url: args.url,
        roles: args.as === 'nobody' ? null : wordsOf(args.as),
        aal: args.aal === '2' ? 2 : 1,
        provenMinutesAgo: args.proven === 'unknown' ? null : minutesOf(args.proven),
        headers: (args.header ?? '').split('\n').filter((line) => line.trim() !== ''),
      })
      console.log(args.json === true ? JSON.stringify(found) : explanationText(found))
    }),
})

await runMain(
  defineCommand({
    meta: { name: 'portcullis', description: 'what an operator does to a gateway' },
    subCommands: {
      explain: explainCommand,
      client: clientCommand(databaseUrl),
      users: usersCommand(databaseUrl),
      'data-key': dataKeyCommand,
      keys: defineCommand({
        meta: { name: 'keys', description: 'the keys that sign tokens' },
        subCommands: { list: keysList, rotate },
      }),
    },
  }),
)
