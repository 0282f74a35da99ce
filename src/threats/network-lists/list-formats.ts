// The forms in which lists of networks are published: what a line of each says.

/** The network that a line names; null where it names none, undefined where it is not of this form. */
type ReadLine = (line: string) => string | null | undefined

/** Ends with the first sign of a comment; what is left is one network. */
function plainLine(line: string): string | null {
  const end = line.search(/[#;]/)
  const text = (end === -1 ? line : line.slice(0, end)).trim()
  return text === '' ? null : text
}

function dropLine(line: string): string | null | undefined {
  if (line.trim() === '') return null
  try {
    const row = JSON.parse(line) as unknown
    if (typeof row !== 'object' || row === null) return undefined
    if ('cidr' in row && typeof row.cidr === 'string') return row.cidr
    return 'type' in row && row.type === 'metadata' ? null : undefined
  } catch {
    return undefined
  }
}

function torLine(line: string): string | null | undefined {
  const [word, address] = line.trim().split(/\s+/, 2)
  if (word === 'ExitAddress') return address
  return word === '' || word === 'ExitNode' || word === 'Published' || word === 'LastStatus' ? null : undefined
}

export const listFormats = {
  /** One address or network a line, comments by `#` or `;`: FireHOL netsets, Spamhaus DROP as text, Tor's bulk list. */
  plain: plainLine,
  /** Spamhaus DROP as JSON: an object a line with `cidr`, the last with `type: "metadata"`. */
  'spamhaus-json': dropLine,
  /** Tor's `exit-addresses`: blocks of lines, of which `ExitAddress` counts. */
  'tor-exit-addresses': torLine,
} as const satisfies Record<string, ReadLine>

export type ListFormat = keyof typeof listFormats
