// One JSON line per request that matters. No header, no query, no body: what is not logged cannot leak.

export type Level = 'info' | 'warn' | 'error'

export function log(
  level: Level,
  event: string,
  facts: Readonly<Record<string, string | number | boolean | null>>,
): void {
  const line = JSON.stringify({ level, event, at: new Date().toISOString(), ...facts })
  if (level === 'error') console.error(line)
  else console.log(line)
}
