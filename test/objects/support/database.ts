// The objects' side of scripted-database.ts.
import type { RealDatabase } from './scripted-database.ts'

const database = 'http://database.test'

export async function databaseThat(does: 'is away' | 'answers' | 'loses its answers'): Promise<void> {
  await fetch(`${database}/mode`, { method: 'PUT', body: does === 'is away' ? 'away' : does })
}

/** Statements of the objects reach a real database from now on. */
export async function databaseIs(real: RealDatabase): Promise<void> {
  await fetch(`${database}/mode`, { method: 'PUT', body: JSON.stringify(real) })
}

/** Everything it was asked since it was told what it does. */
export async function statements(): Promise<string[]> {
  return (await fetch(`${database}/asked`)).json<string[]>()
}

/** The ids in every insert that reached it, in order; one list for each. */
export async function insertsOf(ids: readonly string[]): Promise<string[][]> {
  const asked = await statements()
  return asked.map((text) => ids.filter((id) => text.includes(id))).filter((found) => found.length > 0)
}
