// The sender as settings have it, in the two parts that some vendors want.
export interface Sender {
  readonly name: string
  readonly email: string
}

/** `Example <login@example.com>`, or the address alone. */
export function senderOf(from: string): Sender {
  const [, name = '', email = from] = /^\s*"?([^"<]*?)"?\s*<([^<>]+)>\s*$/.exec(from) ?? []
  return { name, email: email.trim() }
}
