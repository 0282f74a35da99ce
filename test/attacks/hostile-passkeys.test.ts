// What no authenticator of an account's owner would say. Each answer comes with a good challenge, from the browser that
// asked, and differs from a right one in the one thing its line names.
import { createHmac, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cbor, cbor } from '../../tools/dev/cbor.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import {
  type Lies,
  type Passkey,
  type Question,
  createAnswer,
  flag,
  getAnswer,
  newKeyPair,
  newPasskey,
} from '../../tools/dev/passkey-device.ts'
import { enrolPasskey, enrolQuestion, finish, questionFor } from '../support/passkey.ts'
import { type Person, newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let ada: Person
let bob: Person
let passkey: Passkey
let bobs: Passkey
let counting: Passkey
beforeAll(async () => {
  // One person adds and is asked more often here than the limits let anybody.
  const off = { state: 'off' as const }
  const limits = { rules: { 'webauthn-start': off, 'webauthn-finish': off, api: off } }
  gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, limits }) })
  ;[ada, bob] = [await newPerson(gateway), await newPerson(gateway)]
  passkey = await enrolPasskey(ada.visitor, gateway.url)
  counting = await enrolPasskey(ada.visitor, gateway.url, { counts: true, algorithm: 'EdDSA' })
  bobs = await enrolPasskey(bob.visitor, gateway.url)
})
afterAll(() => gateway.stop())

type Answer = Record<string, unknown> & { response: Record<string, unknown> }

const withResponse = (answer: Record<string, unknown>, more: Record<string, unknown>): Answer => ({
  ...answer,
  response: { ...(answer as Answer).response, ...more },
})

const evil = 'https://evil.example'
const other = (): Question => ({ challenge_id: '', challenge: randomBytes(32).toString('base64url') })

/** What is said instead, or a whole answer of one's own. */
type Hostile = Lies | ((question: Question) => unknown)

const answers: Readonly<Record<string, Hostile>> = {
  'another origin': { client: { origin: evil } },
  'an origin that only begins like ours': { client: { origin: 'http://localhost.evil.example' } },
  'our origin with another port': { client: { origin: 'http://localhost:1' } },
  'our origin with a path': (question) => getAnswer(passkey, question, { client: { origin: `${gateway.url}/` } }),
  'no origin': { client: { origin: undefined } },
  'the type of an enrolment': { client: { type: 'webauthn.create' } },
  'the type of a payment': { client: { type: 'payment.get' } },
  'a challenge of its own': { client: { challenge: randomBytes(32).toString('base64url') } },
  'an empty challenge': { client: { challenge: '' } },
  'our challenge in another spelling': (question) =>
    getAnswer(passkey, question, { client: { challenge: `${question.challenge}=` } }),
  'a list of challenges': (question) => getAnswer(passkey, question, { client: { challenge: [question.challenge] } }),
  'a page framed by another site': { client: { crossOrigin: true } },
  'a page framed by another site, which it names': { client: { crossOrigin: true, topOrigin: evil } },
  'the name of a framing site, and no frame': { client: { topOrigin: evil } },
  'client data that are not JSON': { clientText: (text) => text.slice(0, -1) },
  'client data that are a list': { clientText: (text) => `[${text}]` },
  'client data 100,000 levels deep': { clientText: () => '['.repeat(2000) },
  'another domain': { domain: 'evil.example' },
  'a domain below ours': { domain: 'sub.localhost' },
  'nobody present': { flags: (flags) => flags & ~flag.present },
  'no flags at all': { flags: () => 0 },
  'a backup of what cannot be backed up': { flags: (flags) => flags & ~flag.backupEligible },
  'another backup eligibility than when it was made': {
    flags: (flags) => flags & ~(flag.backupEligible | flag.backedUp),
  },
  'extensions that are not there': { flags: (flags) => flags | flag.extended },
  'a new key that is not there': { flags: (flags) => flags | flag.attested },
  'extensions that are not CBOR': {
    flags: (flags) => flags | flag.extended,
    data: (data) => Buffer.concat([data, Buffer.from([0xff, 0xff])]),
  },
  'more bytes than its flags say': { data: (data) => Buffer.concat([data, Buffer.from([0])]) },
  'too few bytes': { data: (data) => data.subarray(0, 36) },
  'a signature of another key': { signer: newKeyPair() },
  'a signature of another kind of key': { signer: newKeyPair('EdDSA') },
  'an RSA signature for a key on a curve': { signer: newKeyPair('RS256') },
  'a signature made with the public key as a secret': {
    signature: () => createHmac('sha256', passkey.id).update('x').digest(),
  },
  'a signature of zeros (CVE-2022-21449)': { signature: () => Buffer.from('3006020100020100', 'hex') },
  'an empty signature': (question) => withResponse(getAnswer(passkey, question), { signature: '' }),
  'a cut signature': { signature: (signature) => signature.subarray(0, -1) },
  'the signature of another challenge': (question) => {
    const { response } = getAnswer(passkey, { ...question, ...other() }) as Answer
    return withResponse(getAnswer(passkey, question), { signature: response['signature'] })
  },
  'the authenticator data of another use': (question) => {
    const { response } = getAnswer(passkey, question, { counter: 9 }) as Answer
    return withResponse(getAnswer(passkey, question), { authenticatorData: response['authenticatorData'] })
  },
  'the client data of another challenge under our id': (question) => {
    const { response } = getAnswer(passkey, { ...question, ...other() }) as Answer
    return withResponse(getAnswer(passkey, question), { clientDataJSON: response['clientDataJSON'] })
  },
  'the name of somebody else’s passkey': (question) => getAnswer(passkey, question, { id: bobs.id }),
  'somebody else’s passkey in our name': (question) => getAnswer(bobs, question, { id: passkey.id }),
  'an id that nobody has': { id: randomBytes(20) },
  'an id that differs from its raw form': { credential: { rawId: randomBytes(20).toString('base64url') } },
  'an id with padding': (question) => {
    const id = `${passkey.id.toString('base64url')}=`
    return { ...getAnswer(passkey, question), id, rawId: id }
  },
  'an id of 4,000 bytes': { id: Buffer.alloc(4000, 1) },
  'another type of credential': { credential: { type: 'password' } },
  'no user handle, where any passkey may answer': { handle: null },
  'somebody else’s user handle': (question) => getAnswer(passkey, question, { handle: bobs.handle }),
  'the user’s id for a handle': (question) =>
    getAnswer(passkey, question, { handle: Buffer.from(ada.userId).toString('base64url') }),
  'a user handle of 65 bytes': { handle: Buffer.alloc(65, 1).toString('base64url') },
  'a counter that went back to zero': (question) => getAnswer(counting, question, { counter: 0 }),
  'a counter that stands still': (question) => getAnswer(counting, question, { counter: 1 }),
  'client data of 50 KB': { client: { padding: 'x'.repeat(45_000) } },
  'an attestation instead of an assertion': (question) =>
    createAnswer(newPasskey(gateway.url), { ...question, rp: { id: 'localhost' } }),
  'a response that is a text': () => 'not JSON',
  'a response that is null': () => null,
  'a response of numbers': () => ({ id: 1, rawId: 1, type: 1, response: 1 }),
  'members named like an object’s own': () =>
    JSON.parse('{"__proto__":{"id":"x"},"constructor":1,"response":{"__proto__":1}}') as unknown,
}

const startOf = async (visitor: Visitor, about: object = {}): Promise<Question> => questionFor(visitor, about)

function said(hostile: Hostile, question: Question): unknown {
  return typeof hostile === 'function' ? hostile(question) : getAnswer(passkey, question, hostile)
}

const signedInCookie = (answer: Response): string[] =>
  answer.headers.getSetCookie().filter((line) => /^__Host-portcullis(?:-mfa)?=[^;]/.test(line))

describe('a sign-in is refused that has', () => {
  it.each(Object.entries(answers))('%s', async (_, hostile) => {
    const visitor = newVisitor(gateway)
    const question = await startOf(visitor)
    const answer = await finish(visitor, question, said(hostile, question))
    expect([401, 422]).toContain(answer.status)
    expect(signedInCookie(answer)).toEqual([])
    expect((await visitor.send('GET', '/private')).status).toBe(401)
  })

  it('another challenge’s id, no id, or an id that is none', async () => {
    for (const id of ['00000000-0000-7000-8000-000000000000', '', "' or 1=1 --", 7, null]) {
      const visitor = newVisitor(gateway)
      const question = await startOf(visitor)
      const answer = await finish(visitor, { ...question, challenge_id: id as string }, getAnswer(passkey, question))
      expect([401, 422]).toContain(answer.status)
    }
  })

  it('the challenge of an enrolment, and the other way round', async () => {
    const asked = await enrolQuestion(ada.visitor)
    const crossed = await finish(newVisitor(gateway), asked, getAnswer(passkey, { ...asked, rpId: 'localhost' }))
    expect(crossed.status).toBe(401)
    const question = await startOf(newVisitor(gateway))
    const response = createAnswer(newPasskey(gateway.url), { ...question, rp: { id: 'localhost' } })
    const body = { challenge_id: question.challenge_id, response }
    expect((await ada.visitor.change('POST', '/auth/v1/webauthn/register/finish', body)).status).toBe(401)
  })

  it('nothing wrong with it, from an account that was locked or deleted', async () => {
    const person = await newPerson(gateway)
    const own = await enrolPasskey(person.visitor, gateway.url)
    for (const state of ["status = 'locked'", 'deleted_at = now()']) {
      await gateway.sql(`update users set ${state} where id = $1`, [person.userId])
      const visitor = newVisitor(gateway)
      const question = await startOf(visitor)
      expect((await finish(visitor, question, getAnswer(own, question))).status).toBe(401)
    }
  })

  it('not one of the above: the right answer passes all the same', async () => {
    for (const own of [passkey, counting, bobs]) {
      const visitor = newVisitor(gateway)
      const question = await startOf(visitor)
      expect((await finish(visitor, question, getAnswer(own, question))).status).toBe(200)
    }
  })

  it('not a byte order mark before client data, which the standard says to pass over', async () => {
    const visitor = newVisitor(gateway)
    const question = await startOf(visitor)
    const marked = getAnswer(passkey, question, { clientText: (text) => `\uFEFF${text}` })
    expect((await finish(visitor, question, marked)).status).toBe(200)
  })
})

const key = newKeyPair()
const rsa = newKeyPair('RS256')
const changed = (cose: ReadonlyMap<number, Cbor>, ...members: [number, Cbor][]): Map<number, Cbor> =>
  new Map([...cose, ...members])
const certificate = Buffer.from('308201', 'hex')
const deep = (levels: number): Buffer => Buffer.concat([Buffer.alloc(levels, 0x81), Buffer.from([0])])

const enrolments: Readonly<Record<string, Lies>> = {
  'another origin': { client: { origin: evil } },
  'the type of a sign-in': { client: { type: 'webauthn.get' } },
  'a challenge of its own': { client: { challenge: randomBytes(32).toString('base64url') } },
  'a page framed by another site': { client: { crossOrigin: true, topOrigin: evil } },
  'another domain': { domain: 'evil.example' },
  'nobody present': { flags: (flags) => flags & ~flag.present },
  'a backup of what cannot be backed up': { flags: (flags) => flags & ~flag.backupEligible },
  'no new key': { flags: (flags) => flags & ~flag.attested },
  'an id that is not the key’s': { credential: { id: 'AAAAAAAAAAAAAAAAAAAAAA', rawId: 'AAAAAAAAAAAAAAAAAAAAAA' } },
  'an id of one byte': { id: Buffer.from([1]) },
  'an id of 2,000 bytes': { id: Buffer.alloc(2000, 1) },
  'an algorithm that was not offered (ES512)': { cose: changed(key.cose, [3, -36]) },
  'a key on a curve that says it is RSA': { cose: changed(key.cose, [1, 3]) },
  'an RSA algorithm for a key on a curve': { cose: changed(key.cose, [3, -257]) },
  'an ES256 key on another curve': { cose: changed(key.cose, [-1, 2]) },
  'a symmetric key (kty 4)': {
    cose: new Map<number, Cbor>([
      [1, 4],
      [3, -7],
      [-1, Buffer.alloc(32)],
    ]),
  },
  'half a coordinate': { cose: changed(key.cose, [-2, Buffer.alloc(16, 1)]) },
  'an RSA key of 1024 bits': { cose: newKeyPair('RS256', 1024).cose },
  'an RSA key with the exponent 1': { cose: changed(rsa.cose, [-2, Buffer.from([1])]) },
  'an RSA key of 100,000 bits': { cose: changed(rsa.cose, [-1, Buffer.alloc(9000, 0xff)]) },
  'a key without an algorithm': { cose: new Map([...key.cose].filter(([label]) => label !== 3)) },
  'a key that is a text': { cose: new Map<string, Cbor>([['kty', 'EC']]) },
  'a format nobody knows': { format: 'junk' },
  'no attestation, and a statement': { statement: new Map<string, Cbor>([['sig', Buffer.alloc(64)]]) },
  'a statement of junk certificates': {
    format: 'packed',
    statement: new Map<string, Cbor>([
      ['alg', -7],
      ['sig', Buffer.alloc(70, 1)],
      ['x5c', [certificate]],
    ]),
  },
  'an empty list of certificates': {
    format: 'packed',
    statement: new Map<string, Cbor>([
      ['alg', -7],
      ['sig', Buffer.alloc(70, 1)],
      ['x5c', []],
    ]),
  },
  'a self-made statement with a wrong signature': {
    format: 'packed',
    statement: new Map<string, Cbor>([
      ['alg', -7],
      ['sig', Buffer.alloc(70, 1)],
    ]),
  },
  'the statement of a TPM': {
    format: 'tpm',
    statement: new Map<string, Cbor>([
      ['ver', '2.0'],
      ['x5c', [certificate]],
    ]),
  },
  'the statement of an Android key': {
    format: 'android-key',
    statement: new Map<string, Cbor>([['x5c', [certificate]]]),
  },
  'the statement of SafetyNet': {
    format: 'android-safetynet',
    statement: new Map<string, Cbor>([
      ['ver', '1'],
      ['response', Buffer.from('a.b.c')],
    ]),
  },
  'the statement of a U2F key': {
    format: 'fido-u2f',
    statement: new Map<string, Cbor>([
      ['sig', Buffer.alloc(70)],
      ['x5c', [certificate]],
    ]),
  },
  'the statement of an Apple device': {
    format: 'apple',
    statement: new Map<string, Cbor>([['x5c', [certificate, certificate]]]),
  },
  'cut CBOR': { object: (object) => object.subarray(0, -10) },
  'CBOR that promises more than there is': { object: () => Buffer.from('bb00ffffffffffffff', 'hex') },
  'CBOR of endless length': { object: () => Buffer.from('bf63666d74646e6f6e65', 'hex') },
  'CBOR 10,000 levels deep': { object: () => deep(10_000) },
  'CBOR that is a number': { object: () => cbor(7) },
  'an empty object': { object: () => cbor(new Map()) },
  'authenticator data cut in the key': { data: (data) => data.subarray(0, -40) },
  'an id longer than the data': {
    data: (data) => Buffer.concat([data.subarray(0, 53), Buffer.from([0xff, 0xff]), data.subarray(55)]),
  },
  'bytes after the key': { data: (data) => Buffer.concat([data, Buffer.from([1, 2, 3])]) },
  '20 KB of attestation': { statement: new Map<string, Cbor>([['x', Buffer.alloc(20_000)]]), format: 'packed' },
}

describe('a passkey is not added that has', () => {
  it.each(Object.entries(enrolments))('%s', async (_, lies) => {
    const before = await gateway.sql('select count(*)::int as n from passkeys')
    const question = await enrolQuestion(ada.visitor)
    const response = createAnswer(newPasskey(gateway.url), question, lies)
    const body = { challenge_id: question.challenge_id, response }
    const answer = await ada.visitor.change('POST', '/auth/v1/webauthn/register/finish', body)
    expect([401, 422]).toContain(answer.status)
    expect(await gateway.sql('select count(*)::int as n from passkeys')).toEqual(before)
  })

  it('somebody else’s challenge, or one that was used', async () => {
    const question = await enrolQuestion(ada.visitor)
    const body = { challenge_id: question.challenge_id, response: createAnswer(newPasskey(gateway.url), question) }
    const add = (who: Person): Promise<Response> =>
      who.visitor.change('POST', '/auth/v1/webauthn/register/finish', body)
    expect((await add(bob)).status).toBe(401)
    expect((await add(ada)).status).toBe(201)
    expect((await add(ada)).status).toBe(401)
  })

  it('not one of the above: a statement signed by the new key itself is taken', async () => {
    const fresh = newPasskey(gateway.url)
    const question = await enrolQuestion(ada.visitor)
    const response = createAnswer(fresh, question, { isSelfSigned: true })
    const body = { challenge_id: question.challenge_id, response }
    expect((await ada.visitor.change('POST', '/auth/v1/webauthn/register/finish', body)).status).toBe(201)
  })
})

describe('the form of the login page', () => {
  it('refuses alike, shows what is wrong, and names the passkey that is of no use for the browser to forget', async () => {
    const visitor = newVisitor(gateway)
    await visitor.open('/auth/login')
    const question = await startOf(visitor)
    const id = randomBytes(20)
    const fields = {
      challenge_id: question.challenge_id,
      response: JSON.stringify(getAnswer(passkey, question, { id })),
    }
    const answer = await visitor.submit('/auth/login/passkey', fields)
    expect([answer.status, signedInCookie(answer)]).toEqual([401, []])
    const page = await answer.text()
    expect(page).toContain(`data-unknown="${id.toString('base64url')}"`)
    expect(page).toContain('This passkey is not known here')
    const malformed = await visitor.submit('/auth/login/passkey', { challenge_id: 'x', response: '{"a":"<script>"}' })
    expect([malformed.status, await malformed.text()]).toEqual([
      422,
      expect.not.stringMatching(/data-unknown|"<script>"/),
    ])
  })
})
