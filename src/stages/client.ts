// Who is calling, by what the platform says. Headers a client could have written decide nothing.
import type { Client, Exchange } from '../exchange.ts'

const longestUserAgent = 512

export function client(exchange: Exchange): undefined {
  exchange.client = new PlatformClient(exchange.request)
  return undefined
}

/** Only the address is asked for by every request; the rest is read from the request when somebody wants it. */
class PlatformClient implements Client {
  /** Set by Cloudflare on every request, replacing whatever a client sent; local workerd passes it through. */
  readonly ip: string | null
  readonly #request: Request

  constructor(request: Request) {
    this.ip = request.headers.get('cf-connecting-ip')
    this.#request = request
  }

  get continent(): string | null {
    const continent = this.#request.cf?.continent
    return typeof continent === 'string' ? continent : null
  }

  get userAgent(): string | null {
    return this.#request.headers.get('user-agent')?.slice(0, longestUserAgent) ?? null
  }

  /** Not of its extensions: browsers shuffle them anew for each connection. */
  get tls(): string | null {
    const { tlsVersion, tlsCipher, tlsClientCiphersSha1 = '' } = this.#request.cf ?? {}
    if (typeof tlsVersion !== 'string' || typeof tlsCipher !== 'string' || tlsVersion === '') return null
    return `${tlsVersion} ${tlsCipher} ${String(tlsClientCiphersSha1)}`
  }
}
