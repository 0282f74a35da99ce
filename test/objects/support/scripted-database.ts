// What stands in the place of the database behind the objects: says what it is told to, and keeps what it was asked.
type Mode = 'away' | 'answers' | 'loses its answers'

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
  if (hostname !== 'database.test') return realDatabase(request)
  if (request.method === 'PUT' && pathname === '/mode') {
    mode = (await request.text()) as Mode
    asked = []
    return new Response(null, { status: 204 })
  }
  if (pathname === '/asked') return Response.json(asked)
  if (mode === 'away') return new Response('away', { status: 503 })
  asked.push(await request.text())
  return mode === 'answers' ? Response.json(empty) : new Response('lost', { status: 502 })
}

/** A test may name a real endpoint instead. */
async function realDatabase(request: Parameters<typeof scriptedDatabase>[0]): Promise<Response> {
  const headers = [...request.headers].filter(([name]) => name.startsWith('neon-') || name === 'content-type')
  return fetch(request.url, { method: request.method, headers, body: await request.text() })
}
