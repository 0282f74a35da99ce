// The objects' side of scripted-database.ts.
const database = 'http://database.test'

export async function databaseThat(does: 'is away' | 'answers' | 'loses its answers'): Promise<void> {
  await fetch(`${database}/mode`, { method: 'PUT', body: does === 'is away' ? 'away' : does })
}

/** The ids in every insert that reached it, in order; one list for each. */
export async function insertsOf(ids: readonly string[]): Promise<string[][]> {
  const asked = await (await fetch(`${database}/asked`)).json<string[]>()
  return asked.map((text) => ids.filter((id) => text.includes(id))).filter((found) => found.length > 0)
}
