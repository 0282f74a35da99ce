// What an operator does to clients from the command line, and what a gateway makes of it.
import { execFile } from 'node:child_process'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { authorizedTokens, basic, newClient, post } from '../support/oauth.ts'
import { newPerson } from '../support/people.ts'

const run = promisify(execFile)
let gateway: TestGateway
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-clients-'))
  gateway = await startGateway()
})
afterAll(async () => {
  await gateway.stop()
  rmSync(folder, { recursive: true, force: true })
})

const portcullis = (...args: readonly string[]) =>
  run('npm', ['run', '-s', 'portcullis', '--', 'client', ...args], {
    env: { ...process.env, DATABASE_URL: gateway.databaseUrl },
  })

describe('npm run portcullis -- client', () => {
  it('adds one whose secret is told once, and it works at once', async () => {
    const { stdout } = await portcullis(
      'add',
      'wiki',
      '--name',
      'Wiki',
      '--first-party',
      '--redirect-uris',
      'https://app.example/callback',
    )
    const { client_id: id, client_secret: secret } = JSON.parse(stdout) as { client_id: string; client_secret: string }
    expect([id, /^[\w-]{43}$/.test(secret)]).toEqual(['wiki', true])
    const person = await newPerson(gateway)
    expect((await authorizedTokens(gateway, person.visitor, { id, secret })).scope).toBe('openid profile email')
    expect(JSON.stringify(await gateway.sql('select * from oauth_clients'))).not.toContain(secret)
    const { stdout: listed } = await portcullis('list')
    expect(JSON.parse(listed.trim())).toMatchObject({ id: 'wiki', is_first_party: true, sessions: 1 })
    expect(listed).not.toContain('secret_hash')
    await expect(
      portcullis('add', 'wiki', '--name', 'Again', '--redirect-uris', 'https://a.example/'),
    ).rejects.toMatchObject({
      stderr: 'There is a client "wiki" already.\n',
    })
    expect(await gateway.sql("select details from audit_events where type = 'client.added'")).toEqual([
      { details: { client: 'wiki', by: 'command line' } },
    ])
  })

  it('removes one, and its sessions with it', async () => {
    const client = await newClient(gateway)
    const person = await newPerson(gateway)
    const { refresh_token: token } = await authorizedTokens(gateway, person.visitor, client)
    expect((await portcullis('remove', client.id)).stdout).toBe(`removed ${client.id}; sessions ended: 1\n`)
    const grant = { grant_type: 'refresh_token', refresh_token: token }
    expect((await post(gateway, 'token', grant, basic(client.id, client.secret))).status).toBe(401)
    const [session] = await gateway.sql('select end_reason from sessions where client_id = $1', [client.id])
    expect(session).toEqual({ end_reason: 'client removed' })
    await expect(portcullis('remove', client.id)).rejects.toMatchObject({
      stderr: `There is no client "${client.id}".\n`,
    })
  })

  it('changes what is given and nothing else, and ends sessions where it may do less', async () => {
    const client = await newClient(gateway, { backchannelLogoutUri: 'https://app.example/logout' })
    const person = await newPerson(gateway)
    const { refresh_token: token } = await authorizedTokens(gateway, person.visitor, client)
    const shown = async (): Promise<Record<string, unknown>> => {
      const lines = (await portcullis('list')).stdout.trim().split('\n')
      const all = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
      return all.find(({ id }) => id === client.id) ?? {}
    }
    const before = await shown()
    const more = ['--name', 'Another Name', '--redirect-uris', 'https://app.example/callback https://app.example/2']
    const { stdout } = await portcullis('change', client.id, ...more, '--backchannel-logout-uri', '')
    expect(JSON.parse(stdout)).toEqual({ client_id: client.id, sessions_ended: 0 })
    expect(await shown()).toEqual({
      ...before,
      name: 'Another Name',
      redirect_uris: ['https://app.example/callback', 'https://app.example/2'],
      backchannel_logout_uri: null,
    })
    const [event] = await gateway.sql(
      "select details from audit_events where type = 'client.changed' and details->>'client' = $1",
      [client.id],
    )
    expect(event?.['details']).toMatchObject({
      by: 'command line',
      before: expect.stringContaining('Test Application') as string,
      after: expect.stringContaining('Another Name') as string,
    })
    const narrowed = await portcullis('change', client.id, '--no-first-party', '--scopes', 'openid')
    expect(JSON.parse(narrowed.stdout)).toEqual({ client_id: client.id, sessions_ended: 1 })
    const grant = { grant_type: 'refresh_token', refresh_token: token }
    expect((await post(gateway, 'token', grant, basic(client.id, client.secret))).status).toBe(400)
    for (const [options, problem] of [
      [['--redirect-uris', 'javascript:alert(1)'], /redirectUris/],
      [['--auth', 'private_key_jwt'], /jwks/],
      [[], /at least one option/],
    ] as const)
      await expect(portcullis('change', client.id, ...options)).rejects.toMatchObject({
        stderr: expect.stringMatching(problem) as string,
      })
    await expect(portcullis('change', 'nobody-there', '--name', 'x')).rejects.toMatchObject({
      stderr: 'There is no client "nobody-there".\n',
    })
  })

  it('replaces a secret, and gives one to a client that comes to need it', async () => {
    const client = await newClient(gateway)
    const works = async (secret: string): Promise<number> =>
      (await post(gateway, 'introspect', { token: 'x' }, basic(client.id, secret))).status
    expect(await works(client.secret)).toBe(200)
    const told = async (...args: readonly string[]): Promise<Record<string, string>> =>
      JSON.parse((await portcullis(...args)).stdout) as Record<string, string>
    const { client_secret: second = '' } = await told('rotate-secret', client.id)
    expect([await works(client.secret), await works(second)]).toEqual([401, 200])
    expect(await told('change', client.id, '--auth', 'none')).toEqual({ client_id: client.id, sessions_ended: 0 })
    expect(await works(second)).toBe(401)
    await expect(portcullis('rotate-secret', client.id)).rejects.toMatchObject({
      stderr: `There is no client "${client.id}" that has a secret.\n`,
    })
    const { client_secret: third = '' } = await told('change', client.id, '--auth', 'client_secret_basic')
    expect([await works(second), await works(third)]).toEqual([401, 200])
    const events = await gateway.sql(
      "select details from audit_events where type = 'client.secret-replaced' and details->>'client' = $1",
      [client.id],
    )
    expect(events).toEqual([{ details: { client: client.id, by: 'command line' } }])
    const stored = JSON.stringify([await gateway.sql('select * from oauth_clients'), events])
    for (const secret of [second, third]) expect(stored).not.toContain(secret)
  })

  it('takes public keys, and no private ones', async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const file = join(folder, 'keys.json')
    const add = (id: string) =>
      portcullis(
        'add',
        id,
        '--name',
        'Keys',
        '--auth',
        'private_key_jwt',
        '--jwks-file',
        file,
        '--redirect-uris',
        'https://a.example/',
      )
    writeFileSync(file, JSON.stringify({ keys: [pair.privateKey.export({ format: 'jwk' })] }))
    await expect(add('with-private')).rejects.toMatchObject({
      stderr: expect.stringContaining('a secret key') as string,
    })
    const key = JSON.stringify(pair.publicKey.export({ format: 'jwk' }))
    writeFileSync(file, `{"keys":[],"keys":[${key}]}`)
    await expect(add('with-two')).rejects.toMatchObject({ stderr: expect.stringContaining('a member twice') as string })
    writeFileSync(file, JSON.stringify({ keys: [pair.publicKey.export({ format: 'jwk' })] }))
    expect(JSON.parse((await add('with-public')).stdout)).toEqual({ client_id: 'with-public' })
  })

  it.each([
    'http://app.example/callback',
    'https://app.example/callback#x',
    'https://user@app.example/',
    'https://user:pw@app.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    'callback',
    '//app.example/',
    'https://app.example\\@evil.example/',
    'myapp:/callback',
  ])('does not let people be sent to %s', async (address) => {
    await expect(newClient(gateway, { redirectUris: [address] })).rejects.toThrow(/redirectUris/)
  })

  it('lets them be sent to an app’s own scheme and to this machine', async () => {
    const redirectUris = ['com.example.app:/callback', 'http://localhost:3000/callback', 'http://[::1]:3000/']
    expect((await newClient(gateway, { redirectUris, authMethod: 'none' })).id).toMatch(/^client-/)
  })

  it('registers nobody as the gateway itself, nor half a client', async () => {
    await expect(newClient(gateway, { id: 'portcullis' })).rejects.toThrow(/the gateway itself/)
    await expect(newClient(gateway, { redirectUris: [] })).rejects.toThrow(/at least one address/)
    await expect(newClient(gateway, { authMethod: 'private_key_jwt' })).rejects.toThrow(/public keys/)
    await expect(newClient(gateway, { scopes: ['everything'] })).rejects.toThrow(/scopes/)
  })
})
