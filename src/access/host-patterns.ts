// Which hosts a rule is about. Does not decide which hosts a site answers to.

import { parseAuthority } from './authority.ts'

export type HostPatterns = {
  readonly everyHost: boolean
  readonly exact: ReadonlySet<string>
  /** With the leading dot, so that `evilexample.com` is not below `example.com`. */
  readonly suffixes: readonly string[]
}

const port = /:[0-9]+$/
const withoutPort = (host: string): string => (host.includes(':') ? host.replace(port, '') : host)

const canonicalHost = (written: string): string => {
  const host = parseAuthority(written, '443')
  // A misspelt host would never match, and the rule it restricts would never apply.
  if (host === null) throw new RangeError(`host ${JSON.stringify(written)}: expected a name such as "app.example.com"`)
  return host
}

export function compileHosts(hosts: readonly string[]): HostPatterns {
  const below = hosts.filter((host) => host.startsWith('*.'))
  const exact = hosts.filter((host) => !host.startsWith('*.'))
  return {
    everyHost: hosts.length === 0,
    exact: new Set(exact.map(canonicalHost)),
    suffixes: below.map((host) => `.${canonicalHost(host.slice(2))}`),
  }
}

/**
 * A rule without a port is about the name on every port: otherwise `Host: admin.example.com:8443` would walk past the
 * rule for `admin.example.com` into a looser one.
 */
export function admitsHost(patterns: HostPatterns, host: string): boolean {
  if (patterns.everyHost || patterns.exact.has(host)) return true
  const name = withoutPort(host)
  if (patterns.exact.has(name)) return true
  return patterns.suffixes.some((suffix) => name.endsWith(suffix) || host.endsWith(suffix))
}
