// Two kinds of load: as fast as it goes over so many connections, and so many a second whether or not answers come.
import { type Connection, openConnection } from './connection.ts'

export type Target = {
  port: number
  requests: readonly Buffer[]
  expects?: number
  name?: string
  logs?: () => readonly string[]
}

/** A server logs what it answered after it has answered. */
const logLagMs = 200

/** Which server it was, and what it had to say. */
const explained = ({ name, logs }: Target, { message }: Error): Error =>
  new Error([`${name ?? 'The server'}: ${message}`, ...(logs?.() ?? []).slice(-3)].join(' | '))

/** In milliseconds, one an answer, in the order they came. */
export type Latencies = number[]

/** Each connection asks again as soon as it is answered. Returns what was answered within the time. */
export const closedLoop = async (target: Target, connections: number, seconds: number): Promise<Latencies> => {
  const latencies: Latencies = []
  const startedAt = new Map<Connection, number>()
  const { requests } = target
  let next = 0
  let over = false
  let pending = 0
  let finish = (): void => {}
  let fail = (_: Error): void => {}
  const finished = new Promise<void>((resolve, reject) => {
    finish = resolve
    fail = (error) => void setTimeout(() => reject(explained(target, error)), logLagMs)
  })
  const ask = (connection: Connection): void => {
    const request = requests[next++ % requests.length]
    if (request === undefined) return fail(new Error('nothing to ask'))
    pending += 1
    startedAt.set(connection, performance.now())
    connection.send(request)
  }
  const done = (connection: Connection): void => {
    pending -= 1
    if (over) return pending === 0 ? finish() : undefined
    latencies.push(performance.now() - (startedAt.get(connection) ?? 0))
    ask(connection)
  }
  const opened = await Promise.all(Array.from({ length: connections }, () => openConnection({ ...target, done, fail })))
  for (const connection of opened) ask(connection)
  const timer = setTimeout(() => {
    over = true
  }, seconds * 1000)
  try {
    await finished
  } finally {
    clearTimeout(timer)
    for (const connection of opened) connection.end()
  }
  return latencies
}

/**
 * Requests at their planned moments, a timer's millisecond aside. One that finds every connection busy counts from when
 * it was due, so a server that stalls cannot hide it by being asked less often.
 */
export const openLoop = async (target: Target, perSecond: number, seconds: number): Promise<Latencies> => {
  const latencies: Latencies = []
  const plannedAt = new Map<Connection, number>()
  const idle: Connection[] = []
  const waiting: number[] = []
  const total = Math.round(perSecond * seconds)
  let planned = 0
  let next = 0
  let finish = (): void => {}
  let fail = (_: Error): void => {}
  const finished = new Promise<void>((resolve, reject) => {
    finish = resolve
    fail = (error) => void setTimeout(() => reject(explained(target, error)), logLagMs)
  })
  const ask = (connection: Connection, at: number): void => {
    const request = target.requests[next++ % target.requests.length]
    if (request === undefined) return fail(new Error('nothing to ask'))
    plannedAt.set(connection, at)
    connection.send(request)
  }
  const done = (connection: Connection): void => {
    latencies.push(performance.now() - (plannedAt.get(connection) ?? 0))
    const at = waiting.shift()
    if (at === undefined) idle.push(connection)
    else ask(connection, at)
    if (latencies.length === total) finish()
  }
  const opened = await Promise.all(Array.from({ length: 64 }, () => openConnection({ ...target, done, fail })))
  idle.push(...opened)
  const beganAt = performance.now()
  const turn = (): void => {
    for (; planned < total; planned += 1) {
      const now = performance.now()
      if (beganAt + (planned * 1000) / perSecond > now) break
      // In turn, as a server ends a connection that rests for seconds.
      const connection = idle.shift()
      if (connection === undefined) waiting.push(now)
      else ask(connection, now)
    }
    // Waiting busily would meet the moments better and take the core from the site behind the servers.
    if (planned < total) setTimeout(turn, 1)
  }
  turn()
  try {
    await finished
  } finally {
    for (const connection of opened) connection.end()
  }
  return latencies
}
