// What a site can say of its mail: by whom it is sent, and from whom.
import { z } from 'zod'

/** The sender of every mail, such as `Example <login@example.com>`. */
const from = z.string().min(3)

const smtp = { provider: z.literal('smtp'), from, host: z.string().min(1) }

export const emailSchema = z.union([
  z.strictObject({ provider: z.literal('resend'), from }),
  z.strictObject({
    provider: z.literal('postmark'),
    from,
    messageStream: z.string().min(1).default('outbound'),
  }),
  z.strictObject({
    provider: z.literal('ses'),
    from,
    region: z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'a region such as "eu-central-1"'),
  }),
  /** By a `send_email` binding of wrangler.toml. */
  z.strictObject({ provider: z.literal('cloudflare'), from, binding: z.string().min(1).default('EMAIL') }),
  z.strictObject({
    ...smtp,
    /** TLS from the first byte. */
    port: z.number().int().min(1).max(65_535).default(465),
    username: z.string().min(1),
  }),
  /** Without TLS there is no password: for a server in a network of one's own. */
  z.strictObject({ ...smtp, port: z.number().int().min(1).max(65_535).default(25), tls: z.literal(false) }),
])
