// What real authenticators said, as the suite of @simplewebauthn/server has recorded it (MIT): that nothing here is its own
// judge. Each was made for the domain and the challenge that stand in it.
import { describe, expect, it } from 'vitest'
import type { Assertion, Attestation } from '../../../src/login/passkey/fields.ts'
import type { PasskeySite } from '../../../src/login/passkey/site.ts'
import { verifyAssertion } from '../../../src/login/passkey/verify-assertion.ts'
import { verifyAttestation } from '../../../src/login/passkey/verify-attestation.ts'

const site: PasskeySite = {
  domain: 'dev.dontneeda.pw',
  origin: 'https://dev.dontneeda.pw',
  decoyKey: new Uint8Array(32),
}

const keys = {
  used: 'pQECAyYgASFYIIheFp-u6GvFT2LNGovf3ZrT0iFVBsA_76rRysxRG9A1Ilgg8WGeA6hPmnab0HAViUYVRkwTNcN77QBf_RR0dv3lIvQ',
  fresh: 'pQECAyYgASFYIGmaxR4mBbukc2QhtW2ldhAAd555r-ljlGQN8MbcTnPPIlgg9CyUlE-0AB2fbzZbNgBvJuRa7r6o2jPphOmtyNPR_kY',
}

function assertion(id: string, response: Omit<Assertion['response'], 'userHandle'>): Assertion {
  return { id, rawId: id, type: 'public-key', response: { ...response, userHandle: null } }
}

const used = assertion('KEbWNCc7NgaYnUyrNeFGX9_3Y-8oJ3KwzjnaiD1d1LVTxR7v3CaKfCz2Vy_g_MHSh7yJ8yL0Pxg6jo_o0hYiew', {
  authenticatorData: 'PdxHEOnAiLIp26idVjIguzn3Ipr_RlsKZWsa-5qK-KABAAAAkA',
  clientDataJSON:
    'eyJjaGFsbGVuZ2UiOiJkRzkwWVd4c2VWVnVhWEYxWlZaaGJIVmxSWFpsY25sVWFXMWwiLCJjbGllbnRFeHRlbnNpb25zIjp7fSwiaGFzaEFsZ29yaXRobSI6IlNIQS0yNTYiLCJvcmlnaW4iOiJodHRwczovL2Rldi5kb250bmVlZGEucHciLCJ0eXBlIjoid2ViYXV0aG4uZ2V0In0',
  signature: 'MEUCIQDYXBOpCWSWq2Ll4558GJKD2RoWg958lvJSB_GdeokxogIgWuEVQ7ee6AswQY0OsuQ6y8Ks6jhd45bDx92wjXKs900',
})

const fresh = assertion('wSisR0_4hlzw3Y1tj4uNwwifIhRa-ZxWJwWbnfror0pVK9qPdBPO5pW3gasPqn6wXHb0LNhXB_IrA1nFoSQJ9A', {
  authenticatorData: 'PdxHEOnAiLIp26idVjIguzn3Ipr_RlsKZWsa-5qK-KABAAAAAA',
  clientDataJSON:
    'eyJjaGFsbGVuZ2UiOiJkRzkwWVd4c2VWVnVhWEYxWlZaaGJIVmxSWFpsY25sQmMzTmxjblJwYjI0IiwiY2xpZW50RXh0ZW5zaW9ucyI6e30sImhhc2hBbGdvcml0aG0iOiJTSEEtMjU2Iiwib3JpZ2luIjoiaHR0cHM6Ly9kZXYuZG9udG5lZWRhLnB3IiwidHlwZSI6IndlYmF1dGhuLmdldCJ9',
  signature: 'MEQCIBu6M-DGzu1O8iocGHEj0UaAZm0HmxTeRIE6-nS3_CPjAiBDsmIzy5sacYwwzgpXqfwRt_2vl5yiQZ_OAqWJQBGVsQ',
})

describe('an answer that was recorded', () => {
  it.each([
    ['of a key that counts', used, keys.used, 144],
    ['of a key in its first use', fresh, keys.fresh, 0],
  ])('%s is taken for what it is', async (_, answer, key, counter) => {
    expect(await verifyAssertion(site, answer, key)).toEqual({
      kind: 'signed',
      facts: { counter, isVerified: false, isBackupEligible: false, isBackedUp: false },
    })
  })

  it('is signed by nobody else, and by nobody where no key is known', async () => {
    for (const key of [keys.fresh, null, '', 'AAAA'])
      expect(await verifyAssertion(site, used, key)).toEqual({ kind: 'unsigned' })
  })

  it('is of no use elsewhere', async () => {
    const elsewhere = { ...site, origin: 'https://example.com' }
    expect(await verifyAssertion(elsewhere, used, keys.used)).toMatchObject({ kind: 'malformed', reason: 'origin' })
    const otherDomain = { ...site, domain: 'dontneeda.pw' }
    expect(await verifyAssertion(otherDomain, used, keys.used)).toMatchObject({ kind: 'malformed', reason: 'domain' })
  })

  it('has one spelling: padding is refused', async () => {
    const padded = assertion(used.id, { ...used.response, authenticatorData: `${used.response.authenticatorData}==` })
    expect(await verifyAssertion(site, padded, keys.used)).toMatchObject({ kind: 'malformed' })
  })

  it('is refused for every bit that is another one', async () => {
    const data = Buffer.from(used.response.authenticatorData, 'base64url')
    for (let bit = 0; bit < data.length * 8; bit += 1) {
      const changed = Buffer.from(data)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const answer = assertion(used.id, { ...used.response, authenticatorData: changed.toString('base64url') })
      expect((await verifyAssertion(site, answer, keys.used)).kind, `bit ${bit}`).not.toBe('signed')
    }
  })
})

function attestation(
  id: string,
  response: Pick<Attestation['response'], 'clientDataJSON' | 'attestationObject'>,
): Attestation {
  return { id, rawId: id, type: 'public-key', response }
}

const none = attestation('AdKXJEch1aV5Wo7bj7qLHskVY4OoNaj9qu8TPdJ7kSAgUeRxWNngXlcNIGt4gexZGKVGcqZpqqWordXb_he1izY', {
  attestationObject:
    'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVjFPdxHEOnAiLIp26idVjIguzn3Ipr_RlsKZWsa-5qK-KBFAAAAAAAAAAAAAAAAAAAAAAAAAAAAQQHSlyRHIdWleVqO24-6ix7JFWODqDWo_arvEz3Se5EgIFHkcVjZ4F5XDSBreIHsWRilRnKmaaqlqK3V2_4XtYs2pQECAyYgASFYID5PQTZQQg6haZFQWFzqfAOyQ_ENsMH8xxQ4GRiNPsqrIlggU8IVUOV8qpgk_Jh-OTaLuZL52KdX1fTht07X4DiQPow',
  clientDataJSON:
    'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiYUVWalkxQlhkWHBwVURBd1NEQndOV2Q0YURKZmRUVmZVRU0wVG1WWloyUSIsIm9yaWdpbiI6Imh0dHBzOlwvXC9kZXYuZG9udG5lZWRhLnB3IiwiYW5kcm9pZFBhY2thZ2VOYW1lIjoib3JnLm1vemlsbGEuZmlyZWZveCJ9',
})

const withCertificate = attestation(
  'VHzbxaYaJu2P8m1Y2iHn2gRNHrgK0iYbn9E978L3Qi7Q-chFeicIHwYCRophz5lth2nCgEVKcgWirxlgidgbUQ',
  {
    attestationObject:
      'o2NmbXRoZmlkby11MmZnYXR0U3RtdKJjc2lnWEcwRQIgRYUftNUmhT0VWTZmIgDmrOoP26Pcre-kL3DLnCrXbegCIQCOu_x5gqp-Rej76zeBuXlk8e7J-9WM_i-wZmCIbIgCGmN4NWOBWQLBMIICvTCCAaWgAwIBAgIEKudiYzANBgkqhkiG9w0BAQsFADAuMSwwKgYDVQQDEyNZdWJpY28gVTJGIFJvb3QgQ0EgU2VyaWFsIDQ1NzIwMDYzMTAgFw0xNDA4MDEwMDAwMDBaGA8yMDUwMDkwNDAwMDAwMFowbjELMAkGA1UEBhMCU0UxEjAQBgNVBAoMCVl1YmljbyBBQjEiMCAGA1UECwwZQXV0aGVudGljYXRvciBBdHRlc3RhdGlvbjEnMCUGA1UEAwweWXViaWNvIFUyRiBFRSBTZXJpYWwgNzE5ODA3MDc1MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKgOGXmBD2Z4R_xCqJVRXhL8Jr45rHjsyFykhb1USGozZENOZ3cdovf5Ke8fj2rxi5tJGn_VnW4_6iQzKdIaeP6NsMGowIgYJKwYBBAGCxAoCBBUxLjMuNi4xLjQuMS40MTQ4Mi4xLjEwEwYLKwYBBAGC5RwCAQEEBAMCBDAwIQYLKwYBBAGC5RwBAQQEEgQQbUS6m_bsLkm5MAyP6SDLczAMBgNVHRMBAf8EAjAAMA0GCSqGSIb3DQEBCwUAA4IBAQByV9A83MPhFWmEkNb4DvlbUwcjc9nmRzJjKxHc3HeK7GvVkm0H4XucVDB4jeMvTke0WHb_jFUiApvpOHh5VyMx5ydwFoKKcRs5x0_WwSWL0eTZ5WbVcHkDR9pSNcA_D_5AsUKOBcbpF5nkdVRxaQHuuIuwV4k1iK2IqtMNcU8vL6w21U261xCcWwJ6sMq4zzVO8QCKCQhsoIaWrwz828GDmPzfAjFsJiLJXuYivdHACkeJ5KHMt0mjVLpfJ2BCML7_rgbmvwL7wBW80VHfNdcKmKjkLcpEiPzwcQQhiN_qHV90t-p4iyr5xRSpurlP5zic2hlRkLKxMH2_kRjhqSn4aGF1dGhEYXRhWMQ93EcQ6cCIsinbqJ1WMiC7Ofcimv9GWwplaxr7mor4oEEAAAAAAAAAAAAAAAAAAAAAAAAAAABAVHzbxaYaJu2P8m1Y2iHn2gRNHrgK0iYbn9E978L3Qi7Q-chFeicIHwYCRophz5lth2nCgEVKcgWirxlgidgbUaUBAgMmIAEhWCDIkcsOaVKDIQYwq3EDQ-pST2kRwNH_l1nCgW-WcFpNXiJYIBSbummp-KO3qZeqmvZ_U_uirCDL2RNj3E5y4_KzefIr',
    clientDataJSON:
      'eyJjaGFsbGVuZ2UiOiJkRzkwWVd4c2VWVnVhWEYxWlZaaGJIVmxSWFpsY25sQmRIUmxjM1JoZEdsdmJnIiwiY2xpZW50RXh0ZW5zaW9ucyI6e30sImhhc2hBbGdvcml0aG0iOiJTSEEtMjU2Iiwib3JpZ2luIjoiaHR0cHM6Ly9kZXYuZG9udG5lZWRhLnB3IiwidHlwZSI6IndlYmF1dGhuLmNyZWF0ZSJ9',
  },
)

describe('a new passkey that was recorded', () => {
  it('is read without an attestation, with members nobody here knows', async () => {
    expect(await verifyAttestation(site, none)).toEqual({
      credentialId: none.id,
      publicKey:
        'pQECAyYgASFYID5PQTZQQg6haZFQWFzqfAOyQ_ENsMH8xxQ4GRiNPsqrIlggU8IVUOV8qpgk_Jh-OTaLuZL52KdX1fTht07X4DiQPow',
      counter: 0,
      isBackupEligible: false,
      isBackedUp: false,
      aaguid: null,
    })
  })

  it('is refused with a certificate, though it is a real one', async () => {
    expect(await verifyAttestation(site, withCertificate)).toBeNull()
  })

  it('is of no use elsewhere, and under no other id', async () => {
    expect(await verifyAttestation({ ...site, origin: 'https://example.com' }, none)).toBeNull()
    expect(await verifyAttestation({ ...site, domain: 'example.com' }, none)).toBeNull()
    expect(await verifyAttestation(site, { ...none, id: used.id, rawId: used.id })).toBeNull()
  })
})
