// What stands in the place of the database behind the objects: says what it is told to, and keeps what it was asked.
type Mode = 'away' | 'answers' | 'loses its answers' | RealDatabase

/** Where statements go on to, when they do. */
export interface RealDatabase {
  readonly databaseUrl: string
  readonly databaseEndpoint: string
}

let mode: Mode = 'away'
let asked: string[] = []

const empty = { command: 'INSERT', rowCount: 0, rows: [], fields: [], rowAsArray: true }

/** Runs in Node, as everything the worker fetches: `PUT /mode` and `GET /asked` are the tests' side of it. */
export async function scriptedDatabase(request: {
  method: string
  url: string
  headers: Iterable<[string, string]>
  text(): Promise<string>
}): Promise<Response> {
  const { hostname, pathname } = new URL(request.url)
  if (hostname === 'lists.test') return publishedList(request)
  if (hostname !== 'database.test') return realDatabase(request)
  if (request.method === 'PUT' && pathname === '/mode') {
    const told = await request.text()
    mode = told.startsWith('{') ? (JSON.parse(told) as RealDatabase) : (told as Mode)
    asked = []
    return new Response(null, { status: 204 })
  }
  if (pathname === '/asked') return Response.json(asked)
  if (mode === 'away') return new Response('away', { status: 503 })
  const body = await request.text()
  asked.push(body)
  if (typeof mode === 'object') return passOn(mode.databaseEndpoint, mode.databaseUrl, body)
  return mode === 'answers' ? Response.json(empty) : new Response('lost', { status: 502 })
}

let published: { status: number; headers: Record<string, string>; text: string } | null = null
let timesRead = 0

/** A publisher of lists: what a test puts there is what is there; a POST says how often that was read. */
async function publishedList(request: Parameters<typeof scriptedDatabase>[0]): Promise<Response> {
  if (request.method === 'POST') return Response.json(timesRead)
  if (request.method === 'GET') {
    timesRead += 1
    if (published === null) return new Response('gone', { status: 404 })
    return new Response(published.status === 304 ? null : published.text, published)
  }
  timesRead = 0
  published = JSON.parse(await request.text()) as typeof published
  return new Response(null, { status: 204 })
}

/** A test may name a real endpoint itself. */
async function realDatabase(request: Parameters<typeof scriptedDatabase>[0]): Promise<Response> {
  const databaseUrl = new Map(request.headers).get('neon-connection-string') ?? ''
  return passOn(request.url, databaseUrl, await request.text())
}

function passOn(endpoint: string, databaseUrl: string, body: string): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    'neon-connection-string': databaseUrl,
    'neon-raw-text-output': 'true',
    'neon-array-mode': 'true',
  }
  return fetch(endpoint, { method: 'POST', headers, body })
}
