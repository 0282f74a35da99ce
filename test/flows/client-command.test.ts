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
