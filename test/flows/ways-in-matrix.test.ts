// Every way in, for every state an account and its factors can be in: what each of them leads to, as one table.
import { type Server, createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { factors, states } from '../support/account-states.ts'
import { type World, newSomebody } from '../support/entrance.ts'
import { startGateway } from '../support/gateway.ts'
import { startProvider } from '../support/identity-provider.ts'
import { bundleWith, withoutDelay } from '../support/site-config.ts'
import { ways } from '../support/ways-in.ts'

let world: World
let site: Server
beforeAll(async () => {
  const members = new Map<string, string>()
  site = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { email, password } = JSON.parse(body) as { email: string; password: string }
      response.writeHead(members.get(email) === password ? 200 : 401).end()
    })
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const address = site.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/login`
  const provider = await startProvider()
  const { url: issuer, clientId, clientSecret } = provider
  const many = { limit: 10_000 }
  const config = {
    ...withoutDelay,
    login: {
      ...withoutDelay.login,
      providers: [{ kind: 'oidc', id: 'one', name: 'One', issuer, clientId, clientSecret }],
      originLogin: {
        url,
        send: 'json',
        body: { email: '{email}', password: '{password}' },
        accepts: { status: [200] },
        addressesAreProven: true,
        forUsersWithoutPassword: true,
      },
    },
    limits: { rules: { 'sms-country': many, 'sms-day': many, 'sms-conversion': many } },
  }
  world = { gateway: await startGateway({ bundle: bundleWith(config) }), provider, members }
})
afterAll(async () => {
  await world.gateway.stop()
  await world.provider.stop()
  site.closeAllConnections()
  await new Promise((resolve) => site.close(resolve))
})

type Table = Partial<Record<keyof typeof ways, readonly string[]>>

const [yes, other, half] = ['signed_in', 'signed_in as somebody else', 'mfa_required, signed_in']
const [wrong, void_, late] = ['401 invalid_credentials', '401 invalid_or_expired', '403 email_unverified']
const [out, no, nobody, never] = ['401 unauthenticated', '401 passkey_refused', '403 no_account', '403 forbidden']
const shut = 'mfa_required, 429 too_many_attempts'

/**
 * Whoever first proves the mailbox is not asked for factors that somebody else may have set up before.
 *
 * A line for each way; the columns are the states in their order: confirmed, unconfirmed, unconfirmed for a day, locked, deleted, restored, taken. */
const matrix: Readonly<Record<keyof typeof factors, Table>> = {
  none: {
    password: [yes, yes, late, wrong, wrong, yes, wrong],
    'magic link': [yes, yes, yes, void_, void_, yes, void_],
    'magic code': [yes, yes, yes, void_, void_, yes, void_],
    reset: [yes, yes, yes, void_, void_, yes, void_],
    'verification link': [void_, yes, yes, void_, void_, void_, void_],
    'verification code': [void_, yes, yes, void_, void_, void_, void_],
    'another site, for the first time': [yes, yes, yes, nobody, other, yes, other],
    'another site, as before': [yes, yes, late, never, never, yes, never],
    'a code by text': [yes, yes, late, void_, void_, yes, void_],
    'the site’s own login': [yes, wrong, wrong, wrong, wrong, yes, other],
    passkey: [yes, yes, late, no, no, yes, no],
    'passkey by a touch': [yes, yes, late, no, no, yes, no],
    'proof in a session': [yes, yes, out, out, out, yes, out],
  },
  'an app': {
    password: [half, half, late, wrong, wrong, half, wrong],
    'magic link': [half, yes, yes, void_, void_, half, void_],
    'magic code': [half, yes, yes, void_, void_, half, void_],
    reset: [half, yes, yes, void_, void_, half, void_],
    'verification link': [void_, yes, yes, void_, void_, void_, void_],
    'verification code': [void_, yes, yes, void_, void_, void_, void_],
    'another site, for the first time': [half, yes, yes, nobody, other, half, other],
    'another site, as before': [half, half, late, never, never, half, never],
    'a code by text': [half, half, late, void_, void_, half, void_],
    'the site’s own login': [half, wrong, wrong, wrong, wrong, half, other],
    passkey: [yes, yes, late, no, no, yes, no],
    'passkey by a touch': [half, half, late, no, no, half, no],
    'proof in a session': [half, half, out, out, out, half, out],
  },
  'an app that wrong codes have locked': {
    password: [shut, shut, late, wrong, wrong, shut, wrong],
    'magic link': [shut, yes, yes, void_, void_, shut, void_],
    'magic code': [shut, yes, yes, void_, void_, shut, void_],
    reset: [shut, yes, yes, void_, void_, shut, void_],
    'verification link': [void_, yes, yes, void_, void_, void_, void_],
    'verification code': [void_, yes, yes, void_, void_, void_, void_],
    'another site, for the first time': [shut, yes, yes, nobody, other, shut, other],
    'another site, as before': [shut, shut, late, never, never, shut, never],
    'a code by text': [shut, shut, late, void_, void_, shut, void_],
    'the site’s own login': [shut, wrong, wrong, wrong, wrong, shut, other],
    passkey: [yes, yes, late, no, no, yes, no],
    'passkey by a touch': [shut, shut, late, no, no, shut, no],
    'proof in a session': [shut, shut, out, out, out, shut, out],
  },
  // An account has one phone: what is asked second signs nobody in.
  texts: {
    password: [half, half, late, wrong, wrong, half, wrong],
    'magic link': [half, yes, yes, void_, void_, half, void_],
    'magic code': [half, yes, yes, void_, void_, half, void_],
    reset: [half, yes, yes, void_, void_, half, void_],
    'verification link': [void_, yes, yes, void_, void_, void_, void_],
    'verification code': [void_, yes, yes, void_, void_, void_, void_],
    'another site, for the first time': [half, yes, yes, nobody, other, half, other],
    'another site, as before': [half, half, late, never, never, half, never],
    'the site’s own login': [half, wrong, wrong, wrong, wrong, half, other],
    passkey: [yes, yes, late, no, no, yes, no],
    'passkey by a touch': [half, half, late, no, no, half, no],
    'proof in a session': [half, half, out, out, out, half, out],
  },
  // It is no second factor of other ways in: whoever has only lost it is not to be locked out.
  'a passkey and no password': {
    password: [wrong, wrong, wrong, wrong, wrong, wrong, wrong],
    'magic link': [yes, yes, yes, void_, void_, yes, void_],
    'magic code': [yes, yes, yes, void_, void_, yes, void_],
    reset: [yes, yes, yes, void_, void_, yes, void_],
    'verification link': [void_, yes, yes, void_, void_, void_, void_],
    'verification code': [void_, yes, yes, void_, void_, void_, void_],
    'another site, for the first time': [yes, yes, yes, nobody, other, yes, other],
    'another site, as before': [yes, yes, late, never, never, yes, never],
    'a code by text': [yes, yes, late, void_, void_, yes, void_],
    'the site’s own login': [yes, wrong, wrong, wrong, wrong, yes, other],
    passkey: [yes, yes, late, no, no, yes, no],
    'passkey by a touch': [yes, yes, late, no, no, yes, no],
    'proof in a session': [wrong, wrong, wrong, wrong, wrong, wrong, wrong],
  },
}

/** One cell. */
async function outcome(
  way: keyof typeof ways,
  factor: keyof typeof factors,
  state: keyof typeof states,
): Promise<string> {
  const who = await newSomebody(world)
  await factors[factor](world, who)
  const enter = await ways[way](world, who)
  await states[state](world, who)
  return enter()
}

const columns = Object.keys(states) as (keyof typeof states)[]

describe.each(Object.entries(matrix) as [keyof typeof factors, Table][])('with %s', (factor, table) => {
  it.each(Object.entries(table) as [keyof typeof ways, readonly string[]][])(
    '%s',
    async (way, expected) => {
      const found = await Promise.all(columns.map(async (state) => [state, await outcome(way, factor, state)]))
      expect(found).toEqual(columns.map((state, index) => [state, expected[index]]))
    },
    120_000,
  )
})
