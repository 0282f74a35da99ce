// Tokens that are signed as they should be and say what they should not, or were signed for something else.
import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { CompactEncrypt, SignJWT } from 'jose'
import { inSeconds, signToken } from '../issuer.ts'
import type { Hostile, Model } from './model.ts'

/** Right in everything but one claim. */
export async function wrongClaims({ issuer, attacker, audience, withClaims }: Model): Promise<Hostile[]> {
  const times: readonly unknown[] = [
    '9999999999',
    String(inSeconds(300)),
    null,
    true,
    [],
    {},
    [inSeconds(300)],
    '',
    'never',
    '1e99',
    { seconds: 1 },
  ]
  const rows: readonly (readonly [string, Record<string, unknown>])[] = [
    ...times.flatMap((value) =>
      ['exp', 'nbf', 'iat'].map((claim) => [`${claim} ${JSON.stringify(value)}`, { [claim]: value }] as const),
    ),
    ['no exp', { exp: undefined }],
    ['exp 0', { exp: 0 }],
    ['exp -1', { exp: -1 }],
    ['exp a minute ago', { exp: inSeconds(-60) }],
    ['exp in a year', { exp: inSeconds(365 * 86_400) }],
    ['exp in the year 9999', { exp: 253_402_300_799 }],
    ['exp beyond any date', { exp: Number.MAX_SAFE_INTEGER }],
    ['exp of 1.8e308 less', { exp: 1e300 }],
    ['nbf in a minute', { nbf: inSeconds(60) }],
    ['nbf in the year 9999', { nbf: 253_402_300_799 }],
    ['iat in a minute', { iat: inSeconds(60) }],
    ['iat in the year 9999', { iat: 253_402_300_799 }],
    ['no aud', { aud: undefined }],
    ...[
      null,
      '',
      'https://other.example',
      `${audience}/`,
      audience.toUpperCase(),
      ` ${audience}`,
      [],
      [''],
      ['https://other.example'],
      {},
      0,
      true,
      [[audience]],
      [audience, 1],
      [audience, null],
      { [audience]: true },
    ].map((aud) => [`aud ${JSON.stringify(aud)}`, { aud }] as const),
    ['no iss', { iss: undefined }],
    ...[
      null,
      '',
      `${issuer.url}/`,
      issuer.url.toUpperCase(),
      `${issuer.url}#`,
      `${issuer.url}?`,
      [issuer.url],
      { url: issuer.url },
      attacker.url,
      'https://accounts.google.com',
    ].map((iss) => [`iss ${JSON.stringify(iss)}`, { iss }] as const),
    ['no sub', { sub: undefined }],
    ...[null, '', 0, true, [], {}, ['victim'], 'a\u0000b', 'a\nb', ' victim', 'victim ', '\ud800', 'x'.repeat(256)].map(
      (sub) => [`sub ${JSON.stringify(sub)?.slice(0, 30)}`, { sub }] as const,
    ),
    ['a key its holder has to prove', { cnf: { jkt: 'x' } }],
  ]
  return Promise.all(rows.map(async ([name, claims]): Promise<Hostile> => [name, await withClaims(claims)]))
}

/** Tokens the issuer signed for something else. */
export async function otherKinds({ key, gatewayUrl, goodClaims, goodHeader, signRaw }: Model): Promise<Hostile[]> {
  const types: readonly unknown[] = [
    'JWT',
    'jwt',
    'JOSE',
    'id+jwt',
    'logout+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'application/jwt',
    'portcullis-assertion+jwt',
    'at+jwt ',
    'at jwt',
    '',
    undefined,
  ]
  const infinite = JSON.stringify(goodClaims()).replace(/"exp":\d+/, '"exp":1e400')
  const encrypted = await new CompactEncrypt(Buffer.from(JSON.stringify(goodClaims())))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(createSecretKey(Buffer.alloc(32)))
  const assertion = await new SignJWT({ ...goodClaims(), iss: gatewayUrl })
    .setProtectedHeader({ alg: 'ES256', typ: 'portcullis-assertion+jwt', kid: 'x' })
    .sign(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  return [
    ...(await Promise.all(
      types.map(async (typ): Promise<Hostile> => [
        `typ ${JSON.stringify(typ)}`,
        await signToken(key, goodClaims(), { typ }),
      ]),
    )),
    ...(await Promise.all(
      [null, 1, [], ['at+jwt'], {}].map(async (typ): Promise<Hostile> => [
        `typ ${JSON.stringify(typ)}`,
        await signRaw(JSON.stringify({ ...goodHeader(), typ }), JSON.stringify(goodClaims())),
      ]),
    )),
    ...(await Promise.all(
      [null, 1, [], ['RS256'], {}, undefined].map(async (alg): Promise<Hostile> => [
        `alg ${JSON.stringify(alg)}`,
        await signRaw(JSON.stringify({ ...goodHeader(), alg }), JSON.stringify(goodClaims())),
      ]),
    )),
    ['an infinite expiry', await signRaw(JSON.stringify(goodHeader()), infinite)],
    ['an encrypted token', encrypted],
    ['an assertion of the gateway', assertion],
  ]
}
