import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type InboxItem, type MailVendor, startMailVendor } from '../../../tools/dev/mail-vendor.ts'

let vendor: MailVendor

beforeEach(async () => {
  vendor = await startMailVendor()
})

afterEach(() => vendor.stop())

const mail = {
  from: 'Site <no-reply@example.com>',
  to: 'a@example.com',
  subject: 'Hello',
  text: 'Hello',
  html: '<p>Hello</p>',
}

const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${vendor.url}/emails`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { authorization: 'Bearer re_test', 'content-type': 'application/json', ...headers },
  })

const inbox = async (): Promise<InboxItem[]> => {
  const response = await fetch(`${vendor.url}/inbox`)
  return ((await response.json()) as { items: InboxItem[] }).items
}

it('keeps what it is given, newest first', async () => {
  const first = await post(mail)
  expect(first.status).toBe(200)
  expect(await first.json()).toEqual({ id: vendor.messages()[0]?.id })
  await post({
    ...mail,
    to: ['b@example.com', 'C <c@example.com>'],
    subject: 'Second',
    tags: [{ name: 'kind', value: 'x_1' }],
  })
  expect(await inbox()).toMatchObject([
    { channel: 'email', to: 'b@example.com, C <c@example.com>', subject: 'Second', links: [] },
    { channel: 'email', to: 'a@example.com', subject: 'Hello', text: 'Hello' },
  ])
})

it('finds the links and the code', async () => {
  await post({
    ...mail,
    text: 'Open https://example.com/auth/x?token=123456 or (http://localhost:8787/a#b).\n\nYour code: 047112. Call +49 123456 7.',
  })
  await post({ ...mail, text: 'Order 1234567 of 2026-111111, no code.' })
  const [none, found] = await inbox()
  expect(found).toMatchObject({
    links: ['https://example.com/auth/x?token=123456', 'http://localhost:8787/a#b'],
    code: '047112',
  })
  expect(none).not.toHaveProperty('code')
})

describe('one message for one idempotency key', () => {
  it('gives the same id, also to those who ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(mail, { 'idempotency-key': 'k' })))
    const ids = await Promise.all(answers.map((answer) => answer.json()))
    expect(new Set(ids.map((body) => JSON.stringify(body))).size).toBe(1)
    expect(vendor.messages()).toHaveLength(1)
  })

  it('refuses another message under the same key', async () => {
    await post(mail, { 'idempotency-key': 'k' })
    const other = await post({ ...mail, subject: 'Other' }, { 'idempotency-key': 'k' })
    expect(other.status).toBe(409)
    expect(await other.json()).toMatchObject({ statusCode: 409, name: 'invalid_idempotent_request' })
  })
})

describe('what Resend refuses', () => {
  it.each([
    ['no sender', { ...mail, from: undefined }, 'missing_required_field'],
    ['a sender that is none', { ...mail, from: 'nobody' }, 'validation_error'],
    ['no recipient', { ...mail, to: undefined }, 'missing_required_field'],
    ['an empty list of recipients', { ...mail, to: [] }, 'validation_error'],
    ['a recipient that is none', { ...mail, to: ['a@example.com', 'b'] }, 'validation_error'],
    ['no subject', { ...mail, subject: '' }, 'missing_required_field'],
    ['a subject of two lines', { ...mail, subject: 'a\nbcc: b@example.com' }, 'validation_error'],
    ['no text of any kind', { ...mail, text: undefined, html: undefined }, 'missing_required_field'],
    ['a text that is no text', { ...mail, text: 1 }, 'validation_error'],
    ['headers that are no strings', { ...mail, headers: { a: 1 } }, 'validation_error'],
    ['a tag with a space', { ...mail, tags: [{ name: 'a b', value: 'c' }] }, 'validation_error'],
    ['a list', [mail], 'validation_error'],
  ])('%s', async (_name, body, name) => {
    const response = await post(body)
    expect(response.status).toBe(422)
    expect(await response.json()).toEqual({ statusCode: 422, name, message: expect.any(String) })
    expect(vendor.messages()).toEqual([])
  })

  it('no key, a wrong one, no JSON and other paths', async () => {
    const bare = await fetch(`${vendor.url}/emails`, { method: 'POST', body: JSON.stringify(mail) })
    expect(bare.status).toBe(401)
    expect((await post(mail, { authorization: 'Basic x' })).status).toBe(403)
    expect((await post('{')).status).toBe(400)
    expect((await post(mail, { 'idempotency-key': 'x'.repeat(257) })).status).toBe(400)
    expect((await fetch(`${vendor.url}/other`)).status).toBe(404)
  })
})

it('fails and hangs when told to', async () => {
  vendor.mode('fail')
  const failed = await post(mail)
  expect(failed.status).toBe(500)
  expect(await failed.json()).toMatchObject({ statusCode: 500, name: 'application_error' })
  vendor.mode('hang')
  await expect(
    fetch(`${vendor.url}/emails`, { method: 'POST', body: JSON.stringify(mail), signal: AbortSignal.timeout(200) }),
  ).rejects.toThrow()
  vendor.mode('ok')
  expect((await post(mail)).status).toBe(200)
})

it('keeps 500 messages at most, and keeps them over a restart', async () => {
  await vendor.stop()
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-mail-'))
  try {
    const file = join(folder, 'mail.json')
    vendor = await startMailVendor({ file })
    for (let n = 0; n < 505; n += 1) await post({ ...mail, subject: `Mail ${n}` }, { 'idempotency-key': `k${n}` })
    await vendor.stop()
    vendor = await startMailVendor({ file })
    expect(vendor.messages()).toHaveLength(500)
    expect((await inbox())[0]?.subject).toBe('Mail 504')
    await post({ ...mail, subject: 'Mail 504' }, { 'idempotency-key': 'k504' })
    expect(vendor.messages()).toHaveLength(500)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
