// Who is calling, by what the platform says. Headers a client could have written decide nothing.
import type { Exchange } from '../exchange.ts'

const longestUserAgent = 512

export function client(exchange: Exchange): undefined {
  const { headers, cf } = exchange.request
  exchange.client = {
    // Set by Cloudflare on every request, replacing whatever a client sent; local workerd passes it through.
    ip: headers.get('cf-connecting-ip'),
    continent: typeof cf?.continent === 'string' ? cf.continent : null,
    userAgent: headers.get('user-agent')?.slice(0, longestUserAgent) ?? null,
  }
  return undefined
}
