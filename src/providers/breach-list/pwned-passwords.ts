// Have I Been Pwned's range API (https://haveibeenpwned.com/API/v3#SearchingPwnedPasswordsByRange): asked by the first five
// of the forty digits of a SHA-1, so that whoever answers learns nothing about the password, and answered with padding, so
// that whoever watches the line cannot tell the prefix by the length.
import { createHash } from 'node:crypto'
import { type BreachList, BreachListFault } from './breach-list.ts'

const timeoutMs = 1000
const prefixDigits = 5
/** A padded range has 800 to 1,000 lines of some 40 bytes. */
const longestAnswer = 256 * 1024

export function createPwnedPasswords({
  endpoint = 'https://api.pwnedpasswords.com',
}: {
  endpoint?: string | undefined
}): BreachList {
  const base = `${endpoint.replace(/\/$/, '')}/range/`
  return {
    async has(password) {
      const digest = createHash('sha1').update(password.normalize('NFC')).digest('hex').toUpperCase()
      const lines = (await ask(base + digest.slice(0, prefixDigits))).split('\n')
      const suffix = `${digest.slice(prefixDigits)}:`
      const line = lines.find((candidate) => candidate.toUpperCase().startsWith(suffix))
      // Padding has the count 0 and means nothing.
      return line !== undefined && Number(line.slice(suffix.length).trim()) > 0
    },
  }
}

async function ask(url: string): Promise<string> {
  try {
    const response = await fetch(url, {
      headers: { 'add-padding': 'true', 'user-agent': 'Portcullis' },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status === 200) return await boundedText(response)
    await response.body?.cancel()
    throw new BreachListFault(`the breach list answered ${response.status}`)
  } catch (error) {
    // The error of a failed fetch names the address, and with it the prefix.
    throw error instanceof BreachListFault ? error : new BreachListFault('the breach list did not answer')
  }
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > longestAnswer) throw new BreachListFault('the breach list answered too much')
  }
  // A page of a captive portal is an answer too, and must not count as "not in the list".
  if (!/^[0-9A-F]{35}:\d+\s*$/im.test(text)) throw new BreachListFault('the breach list answered something else')
  return text
}
