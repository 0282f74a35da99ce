// Who is counted: the network of a client, spelled one way whatever spelling came in.
import ipaddr from 'ipaddr.js'

/** IPv6 by /64, because one household or server owns all of it; mapped IPv4 as IPv4. No address: one shared, strict bucket. */
export function addressSubject(ip: string | null): string {
  if (ip === null || !ipaddr.isValid(ip)) return 'address:unknown'
  const address = ipaddr.process(ip)
  if (!(address instanceof ipaddr.IPv6)) return `address:${address.toString()}`
  return `address:${address.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}

/** One account, whoever asks from wherever. */
export function accountSubject(userId: string): string {
  return `account:${userId}`
}
