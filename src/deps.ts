// The composition root: bindings and settings become what the stages work with. Nobody else picks an adapter.
import { type HostPatterns, compileHosts } from './access/host-patterns.ts'
import type { ReservedHeaders } from './access/reserved-headers.ts'
import { type RouteTable, compileRoutes } from './access/rules.ts'
import { type AuditTrail, auditShardName, createAuditTrail } from './audit/trail.ts'
import { reservedOf } from './config/compiled.ts'
import type { RouteSettings, Settings } from './config/settings.ts'
import type { Database } from './db/database.ts'
import { createNeonDatabase } from './db/neon.ts'
import { hourMs } from './kit/duration.ts'
import type { Clearances } from './limits/clearance.ts'
import type { LimitReader } from './limits/limit-reader.ts'
import type { Limits } from './limits/limits.ts'
import type { Lockouts } from './limits/lockouts.ts'
import type { RuleSet } from './limits/rule-set.ts'
import type { WatchedSubjects } from './limits/watched-at.ts'
import { type PasskeySite, createPasskeySite } from './login/passkey/site.ts'
import { createPasswordHasher } from './login/password/hasher.ts'
import { type Hashing, createHashing } from './hashing/hash-places.ts'
import { type HomeNetworks, createHomeNetworks } from './hashing/home-networks.ts'
import { boundPlace } from './hashing/hash-service.ts'
import type { HashPlace } from './hashing/hash-job.ts'
import type { HashParts } from './hashing/hash-object.ts'
import { type Bypass, createBypass } from './monitor/bypass.ts'
import { type Sightings, createSightings } from './monitor/sightings.ts'
import type { Captcha } from './providers/captcha/captcha.ts'
import { createCaptcha } from './providers/captcha/index.ts'
import { type Outbox, createOutbox } from './outbox/outbox.ts'
import type { OutboxParts } from './outbox/outbox-object.ts'
import type { BreachList } from './providers/breach-list/breach-list.ts'
import { createBreachList } from './providers/breach-list/index.ts'
import type { EmailBinding } from './providers/email/cloudflare.ts'
import { createMailer } from './providers/email/index.ts'
import type { Mailer } from './providers/email/mailer.ts'
import { createSmsVendor } from './providers/sms/index.ts'
import type { SmsVendor } from './providers/sms/sms-vendor.ts'
import type { BearerTokens } from './identity/bearer-token.ts'
import { createCounting } from './counting-deps.ts'
import { type CsrfTokens, createCsrfTokens, derivedKey } from './sessions/csrf.ts'
import type { KnownDevices } from './login/known-devices.ts'
import { type SessionGate, createSessionGate } from './sessions/gate.ts'
import { type SessionPolicy, sessionPolicy } from './sessions/policy.ts'
import type { RefreshKeys } from './sessions/refresh-token.ts'
import { userObjectName } from './sessions/shard.ts'
import type { TokenSocketSessions } from './sessions/token-sockets.ts'
import type { UserObjectPolicy, UserSessions } from './sessions/user-sessions.ts'
import { type AssertionSigner, createAssertionSigner } from './tokens/assertion.ts'
import { type SealedTexts, sealedTextsUnder } from './tokens/sealed-text.ts'
import { type DpopNonces, createDpopNonces } from './tokens/dpop.ts'
import { type LogoutNotices, createLogoutNotices } from './tokens/logout-notices.ts'
import { type TokenSigner, createTokenSigner } from './tokens/signing-keys.ts'
import { ownIssuer } from './tokens/own-issuer.ts'
import { longestLifeMs } from './tokens/validate-claims.ts'
import { type JudgeOwnToken, createOwnTokenJudge } from './tokens/own-tokens.ts'
import { createThreatWatch } from './threat-deps.ts'
import { bearerTokens, identityProviders } from './trust-deps.ts'
import type { Networks } from './threats/networks.ts'
import type { RiskJudge } from './threats/risk/risk.ts'
import type { Watch } from './threats/watch.ts'
import type { ProviderClient } from './login/oidc/provider.ts'
import { type SharedSecretUses, createSharedSecretUses } from './tokens/shared-secret-uses.ts'

export interface Deps {
  readonly settings: Settings
  /** Where people see the site; the scheme without its colon, as headers want it; and by which hosts, as far as they are named. */
  readonly publicUrl: { readonly origin: string; readonly protocol: string; readonly hosts: HostPatterns }
  readonly routes: RouteTable<RouteSettings>
  readonly reserved: ReservedHeaders
  /** For a request: `exchange.database`, whose waits are bounded in all. */
  readonly database: Pick<Database, 'within' | 'health'>
  readonly audit: AuditTrail
  readonly bypass: Bypass
  readonly sightings: Sightings
  readonly limits: Limits
  readonly limitReader: LimitReader
  readonly rules: RuleSet
  readonly lockouts: Lockouts
  readonly networks: Networks
  readonly watch: Watch
  readonly watched: WatchedSubjects
  readonly risk: RiskJudge
  readonly knownDevices: KnownDevices
  readonly sessions: SessionGate
  readonly sessionPolicy: SessionPolicy
  readonly userObject: (
    shard: string,
  ) => (UserSessions & TokenSocketSessions & { fetch(request: Request): Promise<Response> }) | null
  /** Null: no issuer is trusted, and bearer tokens are the site's affair. */
  readonly bearerTokens: BearerTokens | null
  /** Other sites that people may sign in with, by their id, in the order of their buttons. */
  readonly identityProviders: ReadonlyMap<string, ProviderClient>
  /** Of what an answer of those has to fit. */
  readonly attemptKey: Uint8Array
  /** How many tokens of replaced systems still come. */
  readonly sharedSecretUses: SharedSecretUses
  readonly csrf: CsrfTokens
  readonly codeKey: Uint8Array
  /** Of backup codes. From the pepper, as they have to outlive a change of DATA_KEY. */
  readonly backupCodeKey: Uint8Array
  readonly sealed: SealedTexts
  readonly assertions: AssertionSigner
  /** Null without TOKEN_KEYS: then no tokens are issued. */
  readonly tokens: TokenSigner | null
  /** Null without them, too. */
  readonly ownTokens: JudgeOwnToken | null
  readonly refreshKey: Uint8Array
  readonly dpopNonces: DpopNonces
  /** Null where the site wants no passkeys. */
  readonly passkeys: PasskeySite | null
  readonly hashing: Hashing
  readonly homes: HomeNetworks
  /** Null where the site wants none. */
  readonly breachList: BreachList | null
  /** Null where the site has none. */
  readonly captcha: Captcha | null
  readonly clearances: Clearances
  readonly outbox: Outbox
  /** Null where nobody signs in by phone. */
  readonly sms: SmsVendor | null
  /** The origin of a service binding. */
  readonly service: (binding: string) => { fetch(request: Request): Promise<Response> } | null
  readonly now: () => number
}

export function createDeps(env: Env, settings: Settings): Deps {
  const { config, environment } = settings
  const now = Date.now
  const userObject = (shard: string) => {
    const name = userObjectName(shard, config.sessions.shards)
    // The stub's generated type hides the methods behind conditional types; this is the part that is called.
    return name === null ? null : (env.USERS.getByName(name) as unknown as ReturnType<Deps['userObject']>)
  }
  const audit = createAuditTrail(() => env.AUDIT.getByName(auditShardName()), now)
  const sessions = createSessionGate(userObject, now)
  const tokens = createSigner(settings)
  const keyFor = (purpose: string): Uint8Array => derivedKey(environment.DATA_KEY, purpose)
  const database = createDatabase(settings)
  const sharedSecretUses = createSharedSecretUses(database, now)
  const own = tokens === null ? null : ownIssuer(tokens, sessions)
  return {
    settings,
    publicUrl: {
      origin: environment.PUBLIC_URL,
      protocol: environment.PUBLIC_URL.startsWith('https:') ? 'https' : 'http',
      hosts: compileHosts([new URL(environment.PUBLIC_URL).hostname, ...settings.routes.flatMap(({ hosts }) => hosts)]),
    },
    routes: compileRoutes(settings.routes),
    reserved: reservedOf(config),
    database,
    audit,
    sightings: createSightings(now),
    bypass: createBypass({ untilMs: environment.BYPASS_UNTIL, audit, now }),
    ...createCounting(env, settings, { secret: countedSubjectsKey(settings), keyFor, now }),
    ...createThreatWatch(env, settings, { audit, secret: countedSubjectsKey(settings), now }),
    sessions,
    sessionPolicy: sessionPolicy(config.sessions),
    userObject,
    identityProviders: identityProviders(env, settings, { audit, now }),
    sharedSecretUses,
    bearerTokens: bearerTokens(env, settings, { audit, own, sessions, sharedSecretUses, now }),
    ...createSecrets(settings, { keyFor, now }),
    assertions: createAssertionSigner(environment.PUBLIC_URL, environment.ASSERTION_KEYS.keys),
    tokens,
    ownTokens: own === null ? null : createOwnTokenJudge(own, now),
    passkeys: createPasskeySite(settings),
    hashing: hashingOf(env, settings),
    homes: createHomeNetworks(now),
    breachList: createBreachList(config.breachList, environment),
    captcha: createCaptcha(config.captcha, environment),
    outbox: createOutbox((shard) => env.OUTBOX.getByName(`outbox:all:${shard}`), now),
    sms: createSmsVendor(config.login.phone, environment),
    service: (binding) => boundService(env, binding),
    now,
  }
}

/** What rests on a key of the environment, each on one of its own. */
function createSecrets(
  settings: Settings,
  { keyFor, now }: { readonly keyFor: (purpose: string) => Uint8Array; readonly now: () => number },
): Pick<Deps, 'csrf' | 'codeKey' | 'backupCodeKey' | 'attemptKey' | 'sealed' | 'refreshKey' | 'dpopNonces'> {
  const { DATA_KEY, PASSWORD_PEPPER } = settings.environment
  return {
    csrf: createCsrfTokens(DATA_KEY),
    codeKey: keyFor('mailed codes'),
    backupCodeKey: derivedKey(PASSWORD_PEPPER, 'backup codes'),
    attemptKey: keyFor('sign-in attempts'),
    sealed: sealedTexts(settings),
    refreshKey: refreshKeysOf(settings).current,
    dpopNonces: createDpopNonces(keyFor('dpop nonces'), now),
  }
}

/** Which bindings an owner adds beside the gateway's own, only the settings know: the generated type has none of them. */
function boundService(env: Env, binding: string): ReturnType<Deps['service']> {
  return (env as unknown as Record<string, ReturnType<Deps['service']>>)[binding] ?? null
}

/** By the service that is bound as `HASH`, or else by objects of this Worker. */
function hashingOf(env: Env, { config }: Settings): Hashing {
  const service = boundService(env, 'HASH')
  if (service !== null) return createHashing(() => boundPlace(service), 1)
  return createHashing((name) => hashPlace(env, name), config.login.hashing.places)
}

export function hashPlace(env: Env, name: string): HashPlace {
  return env.HASHERS.getByName(name)
}

export function hashParts({ config, environment }: Settings): HashParts {
  return { hasher: createPasswordHasher(environment.PASSWORD_PEPPER), waiting: config.login.hashing.waiting }
}

function countedSubjectsKey({ environment }: Settings): Uint8Array {
  return derivedKey(environment.DATA_KEY, 'counted subjects')
}

export function createDatabase({ environment }: Settings): Database {
  return createNeonDatabase({ databaseUrl: environment.DATABASE_URL, endpoint: environment.DATABASE_ENDPOINT })
}

function createSigner({ environment }: Settings): TokenSigner | null {
  const { PUBLIC_URL: issuer, TOKEN_KEYS: keys } = environment
  return keys === undefined ? null : createTokenSigner(issuer, keys)
}

/** Null where no tokens are issued: no application has anything to hear. */
export function logoutNotices(settings: Settings, database: Database): LogoutNotices | null {
  const signer = createSigner(settings)
  return signer === null ? null : createLogoutNotices(database, signer)
}

/** The one in force first; what the one before has made is good for as long as it is at hand. */
function dataKeysOf({ environment }: Settings): readonly [Uint8Array, ...Uint8Array[]] {
  const { DATA_KEY: current, DATA_KEY_PREVIOUS: previous } = environment
  return previous === undefined ? [current] : [current, previous]
}

export function refreshKeysOf(settings: Settings): RefreshKeys {
  const [current, ...previous] = dataKeysOf(settings)
  const keyOf = (key: Uint8Array): Uint8Array => derivedKey(key, 'refresh tokens')
  return { current: keyOf(current), accepted: [current, ...previous].map(keyOf) }
}

export function sealedTexts(settings: Settings): SealedTexts {
  return sealedTextsUnder(dataKeysOf(settings))
}

function mailerOf(env: Env, { config, environment }: Settings): Mailer {
  // A binding that the settings name is none of the generated types; that it sends, the settings have seen to.
  const bindings = env as unknown as Readonly<Record<string, EmailBinding>>
  return createMailer(config.email, environment, (name) => {
    const binding = bindings[name]
    if (binding === undefined) throw new Error('no such binding')
    return binding
  })
}

export function outboxParts(env: Env, settings: Settings): OutboxParts {
  const { config, environment } = settings
  return {
    carriers: {
      mailer: mailerOf(env, settings),
      sms: createSmsVendor(config.login.phone, environment),
    },
    sealed: sealedTexts(settings),
    trail: { append: (rows) => env.AUDIT.getByName(auditShardName()).append(rows) },
  }
}

/** For how long after it was issued a token of another issuer can count, of whichever row. */
export function longestTokenMs({ config }: Settings): number {
  return Math.max(0, ...config.issuers.map(longestLifeMs))
}

export function userObjectPolicy({ config }: Settings): UserObjectPolicy {
  return { ...sessionPolicy(config.sessions), unverifiedMs: config.login.unverifiedHours * hourMs }
}
