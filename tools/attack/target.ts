/** The gateway under attack, and what of its surroundings people use who do not attack it. */
export type Target = {
  url: string
  /** What a person does with the captcha; an attacker has nobody for that. */
  solveCaptcha: () => string
  /** How many texts have been paid for. */
  textsSent: () => number
}

export type Call = {
  method: 'GET' | 'POST'
  path: string
  ip: string
  body?: Record<string, unknown>
  headers?: Record<string, string>
}

export type Answer = {
  /** 0: no answer at all. */
  status: number
  /** The gateway's own word for it. */
  code: string
  /** Of a refusal: the limit that it was. */
  rule: string
  cookies: string[]
  /** What it says in JSON; nothing, where it is no object. */
  body: Readonly<Record<string, unknown>>
  ms: number
}

const objectIn = (text: string): Answer['body'] => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

/** The address of a client is what the platform says; a local workerd takes it from the header. */
export const send = async ({ url }: Target, { method, path, ip, body, headers }: Call): Promise<Answer> => {
  const startedAt = performance.now()
  try {
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        'cf-connecting-ip': ip,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const ms = performance.now() - startedAt
    return {
      status: response.status,
      code: response.headers.get('x-portcullis-response') ?? '',
      rule: /^"(.*?)"/.exec(response.headers.get('ratelimit') ?? '')?.[1] ?? '',
      cookies: response.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? ''),
      body: objectIn(text),
      ms,
    }
  } catch {
    return { status: 0, code: '', rule: '', cookies: [], body: {}, ms: performance.now() - startedAt }
  }
}

/** Starts so many a second, whether or not the ones before have been answered: neither attackers nor people wait for others. */
export const offer = async (perSecond: number, next: () => (() => Promise<void>) | null): Promise<void> => {
  const under = new Set<Promise<void>>()
  const startedAt = performance.now()
  for (let count = 0; ; count += 1) {
    const dueMs = startedAt + (count * 1000) / perSecond - performance.now()
    if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs))
    const run = next()
    if (run === null) break
    const work: Promise<void> = run().finally(() => under.delete(work))
    under.add(work)
  }
  await Promise.all(under)
}
