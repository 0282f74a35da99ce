// What the owner of a site can say in gateway.config.ts. The schema is the reference: defaults stand here and only here.
import { z } from 'zod'
import { type LoginMethodId, loginMethodIds } from '../access/login-methods.ts'
import { offerState } from './flag-schema.ts'
import type { OrFromEnvironment } from './from-environment.ts'
import { emailSchema } from './email-schema.ts'
import { issuer } from './issuer-presets.ts'
import { limitsSchema } from './limits-schema.ts'
import { themeSchema } from './theme-schema.ts'
import { threatsSchema } from './threats-schema.ts'
import { phoneSchema } from './phone-schema.ts'
import { originLoginSchema } from './origin-login-schema.ts'
import { providersSchema } from './provider-schema.ts'

const headerName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'a header name of letters, digits and hyphens, such as "x-auth-email"')
  .transform((name) => name.toLowerCase())

/** A literal, or the name of the environment value that holds it: one file can serve several environments. */
const literalOrEnvironment = z.union([z.string().min(1), z.strictObject({ env: z.string().min(1) })])

/** As browsers send it: scheme and host, no path. */
const webOrigin = z
  .url({ protocol: /^https?$/ })
  .refine((text) => URL.canParse(text) && new URL(text).origin === text, 'an origin such as "https://app.example.com"')

const originBase = {
  /** The `aud` of assertions to this origin. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, such as "site"'),
  /** How long the origin may take to answer with headers, in milliseconds. */
  timeoutMs: z.number().int().min(100).max(300_000).default(30_000),
}

const origin = z.union([
  z.strictObject({ ...originBase, url: literalOrEnvironment }),
  z.strictObject({ ...originBase, zone: z.literal(true) }),
  z.strictObject({ ...originBase, service: z.string().min(1) }),
])

const requirement = z.union([
  z.literal('public'),
  z.literal('signed-in'),
  z.strictObject({
    roles: z.array(z.string().min(1)).default([]),
    aal: z.union([z.literal(1), z.literal(2)]).default(1),
    /** How long ago people may have proven who they are when a request begins; left out: as long as the session lives. */
    recentMinutes: z.number().min(1).max(43_200).nullable().default(null),
  }),
])

const route = z.strictObject({
  /** `/exact`, or a prefix that ends in `/*`. */
  path: z
    .string()
    .regex(/^\/(?:[^*?#\s]*\/)?\*?$|^\/[^*?#\s]*$/, 'a path that starts with "/", with "*" only as its last segment'),
  /** Exact hosts or `*.example.com`; empty means every host. */
  hosts: z.array(z.string().min(1)).default([]),
  /** Empty means every method. */
  methods: z.array(z.string().regex(/^[A-Z]+$/, 'a method in capitals, such as "GET"')).default([]),
  require: requirement,
  /** The id of an origin; the first one when left out. */
  origin: z.string().optional(),
  /** Overrides the origin's `timeoutMs` for this route. */
  timeoutMs: z.number().int().min(100).max(300_000).optional(),
})

const methodStates = Object.fromEntries(loginMethodIds.map((id) => [id, offerState.optional()])) as Record<
  LoginMethodId,
  z.ZodOptional<typeof offerState>
>

const identityHeaders = z.strictObject({
  userId: headerName.optional(),
  email: headerName.optional(),
  name: headerName.optional(),
  roles: headerName.optional(),
})

const days = z.number().positive().max(400)

export const gatewaySchema = z.strictObject({
  origins: z.array(origin).min(1, 'at least one origin'),
  /** First match decides; a request that matches none is denied. */
  routes: z.array(route).min(1, 'at least one route'),
  identityHeaders: identityHeaders.default({}),
  /** Whose bearer tokens are accepted; without any, `Authorization` is the site's own affair. */
  issuers: z
    .array(issuer)
    // The same issuer may go from a shared secret to keys, and its people stay who they are.
    .refine(
      (rows) => new Set(rows.map((row) => `${row.sharedSecret !== undefined} ${row.issuer}`)).size === rows.length,
      'one row for each issuer, and one more for its shared secret',
    )
    .default([]),
  /** The gateway's own pages and API live below it. */
  basePath: z
    .string()
    .regex(/^(?:\/[a-z0-9-]+)+$/, 'a path such as "/auth"')
    .default('/auth'),
  sessions: z
    .strictObject({
      absoluteDays: days.default(14),
      rotateAfterDays: days.default(7),
      /** Idle time for sessions with a second factor; those without have none. */
      idleHoursAal2: z.number().positive().max(2400).default(24),
      /** How long a session that was proven goes on while the database cannot be asked. */
      provenMinutes: z.number().positive().max(60).default(5),
      /** How long a WebSocket or event stream stays open while nobody can say whether its session lives. */
      uncheckedSeconds: z.number().positive().max(60).default(30),
      /** Whether another browser, or another network and TLS client, has to prove itself before a session's cookie counts. */
      fingerprint: z.boolean().default(false),
      /** User shards; fixed once people have signed up, as it is part of their session tokens. */
      shards: z.number().int().min(1).max(4096).default(64),
    })
    .prefault({}),
  login: z
    .strictObject({
      signUp: z.boolean().default(true),
      /** Whether people may sign in by a link or code that is mailed to them. */
      magicLink: z.boolean().default(true),
      /** Ways to sign in that are off, or there for a share of the visitors; all are on. */
      methods: z.strictObject(methodStates).default({}),
      /** Whether people may sign in by a code that is sent to their phone, and by whom it is sent. */
      phone: phoneSchema,
      /** Whether people may sign in with passkeys. */
      passkeys: z.boolean().default(true),
      /** What passkeys are bound to, if not the host of PUBLIC_URL but a domain above it; fixed once somebody has one. */
      passkeyDomain: z
        .string()
        .regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/, 'a domain such as "example.com"')
        .nullable()
        .default(null),
      /** How long an account with an unverified address may sign in. */
      unverifiedHours: z.number().min(0).max(720).default(24),
      /** Other sites that people may sign in with. */
      providers: providersSchema,
      /** The site's own login, which somebody's first sign-in here is tried against. */
      originLogin: originLoginSchema.nullable().default(null),
      /**
       * How soon a wrong password is answered at the earliest, so that the time does not tell what it was compared with, or who
       * else was asked. A second is what the dearest hash that can be imported takes.
       */
      refuseAfterMs: z.number().int().min(0).max(10_000).default(1000),
      hashing: z
        .strictObject({
          /** How many objects of a continent hash passwords. */
          places: z.number().int().min(1).max(64).default(4),
          /** How many passwords may wait at each. */
          waiting: z.number().int().min(1).max(200).default(40),
        })
        .prefault({}),
    })
    .prefault({}),
  accounts: z
    .strictObject({
      /** How many days an account that was deleted can still be brought back; then it is erased. */
      purgeAfterDays: z.number().int().min(0).max(3650).default(30),
    })
    .prefault({}),
  limits: limitsSchema,
  threats: threatsSchema,
  webSockets: z
    .strictObject({
      /** Origins besides the site's own that may open WebSockets, such as `https://app.example.com`. */
      allowedOrigins: z.array(webOrigin).default([]),
      /** How much a socket of somebody signed in carries to a side that says nothing meanwhile; then it is cut with 1013. */
      unansweredMegabytes: z.number().positive().max(1024).default(32),
    })
    .prefault({}),
  cors: z
    .strictObject({
      /** Other origins whose scripts may call the site with the visitor's session, such as `https://app.example.com`. */
      allowedOrigins: z.array(webOrigin).default([]),
    })
    .prefault({}),
  breachList: z
    .strictObject({
      /** Who is asked whether a new password is known from a breach; only five digits of its hash leave the gateway. */
      provider: z.enum(['pwned-passwords', 'none']).default('pwned-passwords'),
      /** Whether passwords are taken (`open`) or refused (`closed`) while it cannot be asked. */
      whenUnavailable: z.enum(['open', 'closed']).default('open'),
    })
    .prefault({}),
  captcha: z
    .strictObject({
      /** What people are asked where a limit or a lock answers with a captcha; without one those rules refuse or watch. */
      provider: z.enum(['turnstile', 'none']).default('none'),
    })
    .prefault({}),
  email: emailSchema,
  theme: themeSchema,
})

type Input = z.input<typeof gatewaySchema>

/** Where secrets may stand, and what differs between environments. */
type Resolved = Pick<Input, 'issuers' | 'login'>

export type GatewayInput = Omit<Input, keyof Resolved> & {
  readonly [Name in keyof Resolved]?: OrFromEnvironment<Resolved[Name]>
}
export type GatewayConfig = z.output<typeof gatewaySchema>

/** Types the site's own settings; they are checked when the worker starts, so that a mistake is named and not thrown. */
export function defineGateway(config: GatewayInput): GatewayInput {
  return config
}
