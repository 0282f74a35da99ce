// For each preset the row, and tokens shaped as its vendor documents them.

/** The second at which the samples are good. */
export const sampleSecond = 1_800_000_000

export interface PresetSample {
  readonly row: Record<string, unknown>
  readonly issuer: string
  readonly jwksUrl: string
  readonly header: string | null
  readonly claims: Record<string, unknown>
  readonly subject: Record<string, unknown>
  /** What the same keys sign besides, or what must not count. */
  readonly others: Readonly<Record<string, Record<string, unknown>>>
}

export const presetSamples: Readonly<Record<string, PresetSample>> = {
  cognito: {
    row: { preset: 'cognito', region: 'eu-central-1', userPoolId: 'eu-central-1_AbCdEf', clientIds: ['app'] },
    issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf',
    jwksUrl: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf/.well-known/jwks.json',
    header: null,
    claims: {
      sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      device_key: 'aaaa',
      'cognito:groups': ['admin'],
      token_use: 'access',
      scope: 'openid',
      auth_time: 1_799_999_990,
      version: 2,
      client_id: 'app',
      username: 'ann',
    },
    subject: {
      name: 'ann',
      verifiedEmail: null,
      roles: ['admin'],
      aal: 1,
      authTimeMs: 1_799_999_990_000,
      provenAtMs: 1_799_999_990_000,
    },
    others: {
      'an ID token': { token_use: 'id', aud: 'app', client_id: undefined },
      'another app': { client_id: 'other' },
    },
  },
  'cognito with ID tokens': {
    row: {
      preset: 'cognito',
      region: 'eu-central-1',
      userPoolId: 'eu-central-1_A',
      clientIds: ['app'],
      tokenUse: 'id',
    },
    issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_A',
    jwksUrl: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_A/.well-known/jwks.json',
    header: null,
    claims: { sub: 'a', aud: 'app', token_use: 'id', email: 'Ann@example.com', email_verified: true, name: 'Ann' },
    subject: { name: 'Ann', verifiedEmail: 'ann@example.com', roles: [] },
    others: { 'an access token': { token_use: 'access', aud: undefined, client_id: 'app' } },
  },
  auth0: {
    row: { preset: 'auth0', domain: 'my-domain.eu.auth0.com', audience: 'https://example.com/api' },
    issuer: 'https://my-domain.eu.auth0.com/',
    jwksUrl: 'https://my-domain.eu.auth0.com/.well-known/jwks.json',
    header: 'JWT',
    claims: {
      sub: 'auth0|123456',
      aud: ['https://example.com/api', 'https://my-domain.eu.auth0.com/userinfo'],
      azp: 'my_client_id',
      scope: 'openid profile',
      roles: ['admin'],
    },
    subject: { identity: 'https://my-domain.eu.auth0.com/#auth0|123456', roles: [], verifiedEmail: null },
    others: { 'an ID token': { aud: 'my_client_id', nonce: 'x' } },
  },
  'auth0 with RFC 9068': {
    row: {
      preset: 'auth0',
      domain: 'my-other.eu.auth0.com',
      audience: 'https://example.com/api',
      profile: 'rfc9068',
      claims: { roles: 'https://example.com/roles' },
    },
    issuer: 'https://my-other.eu.auth0.com/',
    jwksUrl: 'https://my-other.eu.auth0.com/.well-known/jwks.json',
    header: 'at+jwt',
    claims: { sub: 'auth0|1', aud: 'https://example.com/api', client_id: 'x', 'https://example.com/roles': ['admin'] },
    subject: { roles: ['admin'] },
    others: { 'another API': { aud: 'https://example.com/other' } },
  },
  clerk: {
    row: { preset: 'clerk', frontendApi: 'https://clerk.example.com', authorizedParties: ['https://app.example.com'] },
    issuer: 'https://clerk.example.com',
    jwksUrl: 'https://clerk.example.com/.well-known/jwks.json',
    header: 'JWT',
    claims: {
      sub: 'user_2a',
      sid: 'sess_2a',
      azp: 'https://app.example.com',
      v: 2,
      fva: [0, -1],
      nbf: 1_799_999_990,
      sts: 'active',
    },
    subject: { identity: 'https://clerk.example.com#user_2a', verifiedEmail: null, roles: [] },
    others: {
      'a token of a template': { sid: undefined },
      'an unfinished session': { sts: 'pending' },
      'another application': { azp: 'https://evil.example.com' },
      'no application': { azp: undefined },
    },
  },
  keycloak: {
    row: { preset: 'keycloak', url: 'https://id.example.com', realm: 'demo', audiences: ['site'] },
    issuer: 'https://id.example.com/realms/demo',
    jwksUrl: 'https://id.example.com/realms/demo/protocol/openid-connect/certs',
    header: 'JWT',
    claims: {
      sub: '5e1b',
      typ: 'Bearer',
      azp: 'app',
      aud: ['site', 'account'],
      acr: '1',
      realm_access: { roles: ['admin', 'offline_access'] },
      resource_access: { account: { roles: ['manage-account'] } },
      email: 'ann@example.com',
      email_verified: true,
      name: 'Ann Example',
      preferred_username: 'ann',
    },
    subject: { name: 'Ann Example', verifiedEmail: 'ann@example.com', roles: ['admin', 'offline_access'] },
    others: {
      'an ID token': { typ: 'ID' },
      'a refresh token': { typ: 'Refresh' },
      'a logout token': { typ: 'Logout' },
    },
  },
  entra: {
    row: {
      preset: 'entra',
      tenantId: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
      clientId: '00001111-aaaa-2222-bbbb-3333cccc4444',
    },
    issuer: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0',
    jwksUrl: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/discovery/v2.0/keys',
    header: 'JWT',
    claims: {
      aud: '00001111-aaaa-2222-bbbb-3333cccc4444',
      sub: 'pairwise',
      oid: 'person',
      tid: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
      ver: '2.0',
      scp: 'access_as_user',
      roles: ['admin'],
      email: 'victim@example.com',
      azp: 'app',
    },
    subject: {
      identity: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0#person',
      // The tenant's administrator writes it; nobody has proven it.
      verifiedEmail: null,
      roles: ['admin'],
    },
    others: { 'an ID token': { scp: undefined }, 'version 1': { ver: '1.0' }, 'another API': { aud: 'x' } },
  },
  google: {
    row: { preset: 'google', clientIds: ['1.apps.googleusercontent.com'], hostedDomain: 'example.com' },
    issuer: 'https://accounts.google.com',
    jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
    header: 'JWT',
    claims: {
      azp: '1.apps.googleusercontent.com',
      aud: '1.apps.googleusercontent.com',
      sub: '110169484474386276334',
      hd: 'example.com',
      email: 'ann@example.com',
      email_verified: true,
      name: 'Ann',
    },
    subject: { verifiedEmail: 'ann@example.com', roles: [] },
    others: {
      'another Workspace': { hd: 'other.example' },
      'no Workspace': { hd: undefined },
      'another app': { aud: 'x' },
    },
  },
  supabase: {
    row: { preset: 'supabase', projectUrl: 'https://abc.supabase.co' },
    issuer: 'https://abc.supabase.co/auth/v1',
    jwksUrl: 'https://abc.supabase.co/auth/v1/.well-known/jwks.json',
    header: 'JWT',
    claims: {
      aud: 'authenticated',
      sub: '123e4567-e89b-12d3-a456-426614174000',
      role: 'authenticated',
      aal: 'aal2',
      session_id: 'x',
      email: 'victim@example.com',
      phone: '',
      is_anonymous: false,
      amr: [
        { method: 'totp', timestamp: 1_799_999_999 },
        { method: 'password', timestamp: 1_799_999_990 },
      ],
      user_metadata: { email_verified: true, roles: ['admin'] },
      app_metadata: { provider: 'email' },
    },
    subject: { verifiedEmail: null, roles: [], amr: ['totp', 'password'], aal: 2 },
    others: {
      'a visitor without an account': { is_anonymous: true },
      'the service': { role: 'service_role' },
      anonymous: { aud: 'anon', role: 'anon' },
    },
  },
}
