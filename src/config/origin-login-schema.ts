// `login.originLogin`: how the site's own login is asked, and what it answers when it lets somebody in.
import { z } from 'zod'
import type { OriginLogin } from '../login/origin-login/settings.ts'

const httpUrl = z
  .url({ protocol: /^https?$/ })
  .refine(
    (text) => URL.canParse(text) && new URL(text).username === '',
    'an http or https URL such as "https://app.internal/login"',
  )

const path = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((value): readonly string[] => (typeof value === 'string' ? [value] : value))

const placeholders = /\{(?:email|password)\}/
const flat = (body: object): boolean => Object.values(body).every((value) => typeof value === 'string')

export const originLoginSchema = z
  .strictObject({
    url: httpUrl,
    method: z.enum(['POST', 'PUT', 'GET']).default('POST'),
    /** `basic` sends an `Authorization` header and no body. */
    send: z.enum(['form', 'json', 'basic']),
    body: z.record(z.string().min(1), z.unknown()).default({}),
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string()).default({}),
    accepts: z.strictObject({
      status: z.array(z.number().int().min(200).max(399)).min(1),
      header: z
        .strictObject({ name: z.string().min(1), contains: z.string().min(1).nullable().default(null) })
        .nullable()
        .default(null),
      cookie: z.string().min(1).nullable().default(null),
      field: z
        .strictObject({ path, equals: z.union([z.string(), z.number(), z.boolean()]).nullable().default(null) })
        .nullable()
        .default(null),
    }),
    name: path.nullable().default(null),
    timeoutMs: z.number().int().min(100).max(10_000).default(3000),
    addressesAreProven: z.boolean().default(false),
    forUsersWithoutPassword: z.boolean().default(false),
  })
  .refine(({ send, body }) => send !== 'form' || flat(body), 'a body of texts, as a form has no others')
  .refine(
    ({ send, body }) => send === 'basic' || placeholders.test(JSON.stringify(body)),
    'a body with "{email}" and "{password}" in it',
  )
  .refine(({ send, method }) => (send === 'basic') === (method === 'GET'), 'GET with send: "basic", and only with that')
  // Whoever signs up there with a stranger's address would else get the stranger's account here.
  .refine(
    ({ forUsersWithoutPassword, addressesAreProven }) => addressesAreProven || !forUsersWithoutPassword,
    'addressesAreProven: true beside forUsersWithoutPassword',
  )
  .transform((row): OriginLogin => row)
