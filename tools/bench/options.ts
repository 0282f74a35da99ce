import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type CaseName, caseNames } from './cases.ts'

export type Options = {
  windows: number
  seconds: number
  cases: readonly CaseName[]
  connections: readonly number[]
  /** Requests a second of the open loop; 0 leaves it out. */
  steady: number
  json: string | undefined
  /** Measures signing in instead. */
  logins: boolean
}

const number = (name: string, text: string, least: number): number => {
  const value = Number(text)
  if (!Number.isFinite(value) || value < least)
    throw new Error(`--${name} must be a number of at least ${least}, not "${text}".`)
  return value
}

const chosenCases = (text: string): readonly CaseName[] => {
  const named = text.split(',')
  const unknown = named.find((name) => !caseNames.some((known) => known === name))
  if (unknown !== undefined) throw new Error(`--cases knows ${caseNames.join(', ')}; not "${unknown}".`)
  // The first is what all are compared with.
  return caseNames.filter((name) => name === 'pass-through' || named.includes(name))
}

export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      windows: { type: 'string', default: '15' },
      seconds: { type: 'string', default: '1' },
      cases: { type: 'string', default: caseNames.join(',') },
      connections: { type: 'string', default: '1,16,64' },
      steady: { type: 'string', default: '800' },
      json: { type: 'string' },
      logins: { type: 'boolean', default: false },
    },
  })
  return {
    windows: Math.round(number('windows', values.windows, 1)),
    seconds: number('seconds', values.seconds, 0.1),
    cases: chosenCases(values.cases),
    connections: values.connections.split(',').map((text) => Math.round(number('connections', text, 1))),
    steady: number('steady', values.steady, 0),
    logins: values.logins,
    json: values.json === undefined ? undefined : resolve(process.env['INIT_CWD'] ?? process.cwd(), values.json),
  }
}
