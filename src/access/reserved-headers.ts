// Which request headers a client may not send on to the origin: names that are the gateway's or the platform's, and
// those that concern only the connection. Says nothing about what the gateway sends instead.

import { BoundedMap } from '../kit/bounded-map.ts'

type ReservedRow = { readonly name: string; readonly why: string }

// Names are in folded form: lower case, every other character than a letter or digit is '-'. CGI, WSGI, PHP and Rack
// fold the same way on their side, which is how `X_Forwarded_User` became somebody's identity (CVE-2025-64484).
const reservedNames: readonly ReservedRow[] = [
  { name: 'x-portcullis', why: 'our own name, should an origin ever read it bare' },
  { name: 'forwarded', why: 'RFC 7239, written by the gateway' },
  { name: 'x-forwarded', why: 'non-standard twin of Forwarded' },
  { name: 'x-real-ip', why: 'client address for nginx, Express, Go' },
  { name: 'x-client-ip', why: 'client address for Apache, Azure' },
  { name: 'client-ip', why: 'client address for PHP (HTTP_CLIENT_IP)' },
  { name: 'true-client-ip', why: 'client address of Akamai and Cloudflare Enterprise, read first by many frameworks' },
  { name: 'x-cluster-client-ip', why: 'client address of Rackspace and Zeus' },
  { name: 'fastly-client-ip', why: 'client address, in the lists of request-ip libraries' },
  { name: 'fly-client-ip', why: 'client address, in the lists of request-ip libraries' },
  { name: 'do-connecting-ip', why: 'client address, in the lists of request-ip libraries' },
  { name: 'x-azure-clientip', why: 'client address of Azure Front Door' },
  { name: 'x-remote-ip', why: 'client address in hand-written code' },
  { name: 'x-remote-addr', why: 'client address in hand-written code' },
  { name: 'x-originating-ip', why: 'client address in hand-written code' },
  { name: 'x-host', why: 'host override (cache poisoning, password-reset links)' },
  { name: 'x-http-host-override', why: 'host override' },
  { name: 'x-url-scheme', why: 'scheme override' },
  { name: 'x-scheme', why: 'scheme override of ingress-nginx and WSGI set-ups' },
  { name: 'front-end-https', why: 'scheme override of Microsoft front ends' },
  { name: 'x-http-method-override', why: 'rules are about methods: the origin must see the one that was decided on' },
  { name: 'x-http-method', why: 'the same, Microsoft' },
  { name: 'x-method-override', why: 'the same, IBM' },
  { name: 'x-request-id', why: 'written by the gateway; a client must not choose what logs are joined on' },
  { name: 'traceparent', why: 'W3C Trace Context, written by the gateway' },
  { name: 'tracestate', why: 'W3C Trace Context, written by the gateway' },
  { name: 'x-middleware-subrequest', why: 'Next.js skips its middleware when it is present (CVE-2025-29927)' },
  { name: 'x-middleware-subrequest-id', why: 'the guard value of the same mechanism' },
  { name: 'x-middleware-rewrite', why: 'Next.js internal: another path than the one decided on' },
  { name: 'x-middleware-next', why: 'Next.js internal' },
  { name: 'x-middleware-override-headers', why: 'Next.js internal: replaces request headers' },
  { name: 'x-middleware-set-cookie', why: 'Next.js internal: replaces cookies' },
  { name: 'x-matched-path', why: 'Next.js on a platform: another path than the one decided on' },
  { name: 'x-invoke-path', why: 'Next.js internal: another path than the one decided on' },
  { name: 'proxy', why: 'httpoxy: HTTP_PROXY in CGI environments (CVE-2016-5385)' },
  {
    name: 'cf-access-authenticated-user-email',
    why: 'an identity without a signature; on a zone without Access anybody sends it',
  },
]

const reservedPrefixes: readonly ReservedRow[] = [
  { name: 'x-portcullis-', why: 'assertion, response code and whatever comes' },
  {
    name: 'x-forwarded-',
    why: 'for, host, proto, port, prefix, uri, user, email, groups, … (CVE-2026-35051, CVE-2026-40575)',
  },
  { name: 'x-original-', why: 'url, uri, host, method: IIS, Symfony, ingress-nginx read a path from it' },
  { name: 'x-rewrite-', why: 'url: IIS and Symfony read a path from it' },
  { name: 'x-middleware-request-', why: 'Next.js internal: replaces request headers' },
  { name: 'x-envoy-', why: 'original-path, external-address: trusted inside meshes' },
]

// Cloudflare writes these and refuses or overwrites a client's, but only in this spelling: `cf_connecting_ip` reaches
// us as sent and is CF-Connecting-IP to every origin that folds.
const platformPrefix = 'cf-'

const foldedAway = /[^a-z0-9]/g
const fold = (name: string): string => name.toLowerCase().replace(foldedAway, '-')

/** @param name as `Headers` yields it, in lower case. */
export type ReservedHeaders = (name: string) => boolean

/** What browsers and programs send is some dozens of names over and over; a flood of invented ones only costs time. */
const verdictsKept = 1000

export function compileReserved(identityHeaderNames: readonly string[]): ReservedHeaders {
  const names = new Set([...reservedNames.map(({ name }) => name), ...identityHeaderNames.map(fold)])
  const verdicts = new BoundedMap<string, boolean>(verdictsKept)
  return (name) => {
    const known = verdicts.get(name)
    if (known !== undefined) return known
    const verdict = isReserved(names, name)
    verdicts.set(name, verdict)
    return verdict
  }
}

function isReserved(names: ReadonlySet<string>, name: string): boolean {
  const folded = fold(name)
  if (names.has(folded)) return true
  if (folded.startsWith('x-')) return reservedPrefixes.some((prefix) => folded.startsWith(prefix.name))
  return folded !== name && folded.startsWith(platformPrefix)
}

// RFC 9110 §7.6.1 with the HTTP/1.1 and pre-standard names that senders forget to list.
const alwaysHopByHop: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

// A client may ask to have its own headers dropped, but not those that frame and address the message: losing them would
// make the origin read another message than the one that was judged.
const neverHopByHop: ReadonlySet<string> = new Set(['host', 'content-length', 'content-type', 'content-encoding'])

const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const alwaysOnly: ReadonlySet<string> = new Set(alwaysHopByHop)

/**
 * Lower-case names. Whatever is not a field name is passed over. Remove these from what the client sent *before* the
 * gateway's headers are set: `Connection: x-auth-user-id` must not reach ours (CVE-2024-45410, CVE-2026-29054).
 */
export function hopByHop(connectionHeader: string | null): ReadonlySet<string> {
  if (connectionHeader === null) return alwaysOnly
  const names = new Set(alwaysHopByHop)
  for (const member of connectionHeader.toLowerCase().split(',')) {
    const name = member.trim()
    if (token.test(name) && !neverHopByHop.has(name)) names.add(name)
  }
  return names
}
