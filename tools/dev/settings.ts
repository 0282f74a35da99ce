import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { inProject } from './project.ts'

const env = (name: string): string | undefined => {
  const value = process.env[name]
  return value === undefined || value === '' ? undefined : value
}

export const assertNodeVersion = (): void => {
  if (Number(process.versions.node.split('.')[0]) < 22) {
    throw new Error(
      `Node 22 or newer is needed, this is ${process.versions.node}; start it through npm run, which brings its own.`,
    )
  }
}

const wholeNumber = (name: string, otherwise: number, least: number, most: number): number => {
  const value = env(name) ?? String(otherwise)
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < least || number > most) {
    throw new Error(`${name} must be a whole number from ${least} to ${most}, not "${value}".`)
  }
  return number
}

const address = (name: string): string | undefined => {
  const value = env(name)
  if (value === undefined) return undefined
  const url = URL.parse(value)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error(`${name} must be an address like http://localhost:3000, not "${value}".`)
  }
  return value
}

/** npm changes into the project's folder; a path on its command line is meant from where the person stood. */
const path = (name: string): string | undefined => {
  const value = env(name)
  return value === undefined ? undefined : resolve(env('INIT_CWD') ?? process.cwd(), value)
}

const existingPath = (name: string): string | undefined => {
  const file = path(name)
  if (file === undefined) return undefined
  if (!existsSync(file)) throw new Error(`${name} names a file that does not exist: ${file}`)
  return file
}

export const readSettings = () => ({
  port: wholeNumber('PORTCULLIS_PORT', 8787, 1, 65_534),
  isolates: wholeNumber('PORTCULLIS_ISOLATES', 1, 1, 2),
  origin: address('PORTCULLIS_ORIGIN'),
  configFile: existingPath('PORTCULLIS_CONFIG'),
  dataDir: path('PORTCULLIS_DATA') ?? inProject('.portcullis'),
  publicUrl: address('PUBLIC_URL'),
  databaseUrl: env('DATABASE_URL'),
  databaseEndpoint: address('DATABASE_ENDPOINT'),
  mailEndpoint: address('MAIL_ENDPOINT'),
  breachListEndpoint: address('BREACH_LIST_ENDPOINT'),
  resendApiKey: env('RESEND_API_KEY'),
})

/** Those of `names` that the environment sets. */
export const fromEnvironment = (names: Iterable<string>): Record<string, string> =>
  Object.fromEntries([...names].flatMap((name) => (env(name) === undefined ? [] : [[name, env(name) ?? '']])))
