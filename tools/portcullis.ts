// The operator's command line: what is done to a running gateway from outside.
import { readFileSync } from 'node:fs'
import { type ArgsDef, defineCommand, runMain } from 'citty'
import { addClient, listClients, removeClient } from './cli/clients.ts'
import { readTokenKeys, writeTokenKeys } from './cli/key-file.ts'
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

const list = (text: string | undefined): string[] => (text ?? '').split(/\s+/).filter((item) => item !== '')

const addArgs = {
  id: { type: 'positional', description: 'its client_id, such as wiki', required: true },
  name: { type: 'string', description: 'what people are shown', required: true },
  'first-party': { type: 'boolean', description: 'the site’s own: no consent is asked for, its tokens open the site' },
  auth: { type: 'string', description: 'client_secret_basic, private_key_jwt or none', default: 'client_secret_basic' },
  'jwks-file': { type: 'string', description: 'its public keys, for private_key_jwt' },
  'redirect-uris': { type: 'string', description: 'where people may be sent back to; several with spaces between' },
  'post-logout-redirect-uris': { type: 'string', description: 'where they may be sent after signing out' },
  'backchannel-logout-uri': { type: 'string', description: 'where to tell it that somebody signed out' },
  grants: { type: 'string', description: 'kinds of grant', default: 'authorization_code refresh_token' },
  scopes: { type: 'string', description: 'what it may ask for', default: 'openid profile email' },
} as const satisfies ArgsDef

const add = defineCommand({
  meta: { name: 'add', description: 'register a program that may ask for tokens; its secret is shown once' },
  args: addArgs,
  run: ({ args }) =>
    carefully(async () => {
      const jwksFile = args['jwks-file']
      const { client, secret } = await addClient(databaseUrl(), {
        id: args.id,
        name: args.name,
        isFirstParty: args['first-party'] ?? false,
        authMethod: args.auth,
        jwks: jwksFile === undefined ? null : (JSON.parse(readFileSync(jwksFile, 'utf8')) as unknown),
        redirectUris: list(args['redirect-uris']),
        postLogoutRedirectUris: list(args['post-logout-redirect-uris']),
        backchannelLogoutUri: args['backchannel-logout-uri'] ?? null,
        grantTypes: list(args.grants),
        scopes: list(args.scopes),
      })
      console.log(JSON.stringify({ client_id: client.id, ...(secret === null ? {} : { client_secret: secret }) }))
    }),
})

const show = defineCommand({
  meta: { name: 'list', description: 'the registered programs, one line of JSON each' },
  run: () =>
    carefully(async () => {
      for (const client of await listClients(databaseUrl())) console.log(JSON.stringify(client))
    }),
})

const remove = defineCommand({
  meta: { name: 'remove', description: 'remove a program and end the sessions it has' },
  args: { id: { type: 'positional', description: 'its client_id', required: true } },
  run: ({ args }) =>
    carefully(async () => {
      const sessions = await removeClient(databaseUrl(), args.id)
      if (sessions === null) throw new Error(`There is no client "${args.id}".`)
      console.log(`removed ${args.id}; sessions ended: ${sessions}`)
    }),
})

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

await runMain(
  defineCommand({
    meta: { name: 'portcullis', description: 'what an operator does to a gateway' },
    subCommands: {
      client: defineCommand({
        meta: { name: 'client', description: 'programs that may ask for tokens' },
        subCommands: { add, list: show, remove },
      }),
      users: usersCommand(databaseUrl),
      keys: defineCommand({
        meta: { name: 'keys', description: 'the keys that sign tokens' },
        subCommands: { list: keysList, rotate },
      }),
    },
  }),
)
