// What the browser says it was asked, where and by whom. It is read before anything is verified, to find the challenge.
import { z } from 'zod'
import { fromBase64Url } from '../../kit/base64url.ts'

const clientData = z.object({
  type: z.string(),
  challenge: z.string().max(128),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.string().optional(),
})

export type ClientData = z.output<typeof clientData>

/** Null for what no browser sends. */
export function readClientData(encoded: string): ClientData | null {
  const bytes = fromBase64Url(encoded)
  if (bytes === null) return null
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
    const parsed = clientData.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** A page of another site may frame nothing here and ask for nothing in its own name (§13.4.9). */
export function isFramed({ crossOrigin, topOrigin }: ClientData): boolean {
  return crossOrigin === true || topOrigin !== undefined
}
