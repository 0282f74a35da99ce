// `portcullis client …`
import { readFileSync } from 'node:fs'
import { type ArgsDef, defineCommand } from 'citty'
import { parseStrictObject } from '../../src/tokens/strict-json.ts'
import { failWith } from '../dev/reason.ts'
import { addClient, changeClient, listClients, removeClient, replaceSecret } from './clients.ts'
import { wordsOf } from './words.ts'

/** One sentence instead of a stack trace, whatever went wrong. */
const carefully = (run: () => Promise<void>): Promise<void> => Promise.resolve().then(run).catch(failWith)

const id = { type: 'positional', description: 'its client_id, such as wiki', required: true } as const

const fieldArgs = {
  name: { type: 'string', description: 'what people are shown' },
  'first-party': { type: 'boolean', description: 'the site’s own: no consent is asked for, its tokens open the site' },
  auth: { type: 'string', description: 'client_secret_basic, private_key_jwt or none' },
  'jwks-file': { type: 'string', description: 'its public keys, for private_key_jwt' },
  'redirect-uris': { type: 'string', description: 'where people may be sent back to; several with spaces between' },
  'post-logout-redirect-uris': { type: 'string', description: 'where they may be sent after signing out' },
  'backchannel-logout-uri': { type: 'string', description: 'where to tell it that somebody signed out' },
  grants: { type: 'string', description: 'kinds of grant' },
  scopes: { type: 'string', description: 'what it may ask for' },
} as const satisfies ArgsDef

type Options = Readonly<Partial<Record<keyof typeof fieldArgs, string | boolean | undefined>>>

/** Only what was given; an empty text takes away what can be left out. */
function fieldsFrom(options: Options): Readonly<Record<string, unknown>> {
  const text = (name: keyof typeof fieldArgs): string | undefined => {
    const value = options[name]
    return value === undefined ? undefined : String(value)
  }
  const words = (name: keyof typeof fieldArgs): readonly string[] | undefined => {
    const value = text(name)
    return value === undefined ? undefined : wordsOf(value)
  }
  const address = text('backchannel-logout-uri')
  const fields = {
    name: text('name'),
    isFirstParty: options['first-party'],
    authMethod: text('auth'),
    jwks: keysFrom(text('jwks-file'), text('auth')),
    redirectUris: words('redirect-uris'),
    postLogoutRedirectUris: words('post-logout-redirect-uris'),
    backchannelLogoutUri: address === '' ? null : address,
    grantTypes: words('grants'),
    scopes: words('scopes'),
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** As strictly as from an issuer: of two members with one name another reader might take the other. */
function keysFrom(file: string | undefined, method: string | undefined): unknown {
  if (file === undefined) return method === undefined || method === 'private_key_jwt' ? undefined : null
  const jwks = parseStrictObject(readFileSync(file))
  if (jwks === null) throw new Error(`${file} is no JSON object, or has a member twice.`)
  return jwks
}

function told(clientId: string, secret: string | null, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ client_id: clientId, ...(secret === null ? {} : { client_secret: secret }), ...more })
}

export function clientCommand(databaseUrl: () => string) {
  const add = defineCommand({
    meta: { name: 'add', description: 'register a program that may ask for tokens; its secret is shown once' },
    args: { id, ...fieldArgs, name: { ...fieldArgs.name, required: true } },
    run: ({ args }) =>
      carefully(async () => {
        const { client, secret } = await addClient(databaseUrl(), { id: args.id, ...fieldsFrom(args) })
        console.log(told(client.id, secret))
      }),
  })
  const list = defineCommand({
    meta: { name: 'list', description: 'the registered programs, one line of JSON each' },
    run: () =>
      carefully(async () => {
        for (const client of await listClients(databaseUrl())) console.log(JSON.stringify(client))
      }),
  })
  const change = defineCommand({
    meta: { name: 'change', description: 'what is given is changed; sessions end where it may do less than before' },
    args: { id, ...fieldArgs },
    run: ({ args }) =>
      carefully(async () => {
        const fields = fieldsFrom(args)
        if (Object.keys(fields).length === 0) throw new Error('Nothing to change: give at least one option.')
        const changed = await changeClient(databaseUrl(), args.id, fields)
        if (changed === null) throw new Error(`There is no client "${args.id}".`)
        console.log(told(args.id, changed.secret, { sessions_ended: changed.sessionsEnded }))
      }),
  })
  const rotate = defineCommand({
    meta: { name: 'rotate-secret', description: 'another secret, shown once; the one before is good for nothing' },
    args: { id },
    run: ({ args }) => carefully(async () => console.log(told(args.id, await replaceSecret(databaseUrl(), args.id)))),
  })
  const remove = defineCommand({
    meta: { name: 'remove', description: 'remove a program and end the sessions it has' },
    args: { id },
    run: ({ args }) =>
      carefully(async () => {
        const sessions = await removeClient(databaseUrl(), args.id)
        if (sessions === null) throw new Error(`There is no client "${args.id}".`)
        console.log(`removed ${args.id}; sessions ended: ${sessions}`)
      }),
  })
  return defineCommand({
    meta: { name: 'client', description: 'programs that may ask for tokens' },
    subCommands: { add, list, change, 'rotate-secret': rotate, remove },
  })
}
