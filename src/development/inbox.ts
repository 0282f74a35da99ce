// Shows in development what would have been mailed. Mounted in no other mode.
import type { Hono } from 'hono'
import { z } from 'zod'
import { type GatewayEnv, createApp } from '../context.ts'
import type { Deps } from '../deps.ts'
import { unavailable } from '../errors.ts'
import { textsFor } from '../language.ts'
import { inboxPage } from '../pages/inbox-page.tsx'
import { pageResponse } from '../pages/page-response.ts'

/** The newest; programs are given all. */
const mostShown = 30

const message = z.object({
  channel: z.enum(['email', 'sms']),
  to: z.string(),
  subject: z.string().optional(),
  text: z.string(),
  links: z.array(z.string()),
  code: z.string().optional(),
  at: z.string(),
})

export function developmentInbox({ settings }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  app.get('/dev/inbox', async (context) => {
    const { items } = await fetchMessages(settings.environment.DEV_INBOX_URL)
    if (context.req.header('accept')?.includes('application/json')) return context.json({ items })
    const shown = items
      .slice(0, mostShown)
      .map((item) => ({ ...item, subject: item.subject ?? null, code: item.code ?? null }))
    return pageResponse(
      inboxPage({ theme: settings.config.theme, texts: textsFor(context.env.exchange), items: shown }),
    )
  })
  return app
}

async function fetchMessages(url: string | undefined): Promise<{ readonly items: z.output<typeof message>[] }> {
  if (url === undefined) throw unavailable('DEV_INBOX_URL is not set')
  const answer = await fetch(url)
  return z.object({ items: z.array(message) }).parse(await answer.json())
}
