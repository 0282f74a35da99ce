// Mail vendors other than the stand-in's, as far as an adapter meets them: each takes what its own documentation says, and
// refuses the rest.
import { createHash, createHmac } from 'node:crypto'
import { type IncomingHttpHeaders, createServer } from 'node:http'

export interface TakenMail {
  readonly from: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

export type VendorMode = 'ok' | 'busy' | 'refuse' | 'hang'

export interface FakeVendor {
  readonly url: string
  taken(): readonly TakenMail[]
  mode(next: VendorMode): void
  stop(): Promise<void>
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** How a vendor reads a request, and how it says each thing. Null: it is not one it understands. */
export interface VendorManner {
  read(asked: Asked): TakenMail | null
  readonly ok: object
  readonly refused: { readonly status: number; readonly body: object }
  readonly busy: { readonly status: number; readonly body: object }
}

export async function startFakeVendor(manner: VendorManner): Promise<FakeVendor> {
  let current: VendorMode = 'ok'
  let all: TakenMail[] = []
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const { method = '', url: path = '', headers } = request
      if (current === 'hang') return
      const mail = manner.read({ method, path, headers, text: Buffer.concat(chunks).toString('utf8') })
      const no = current === 'busy' ? manner.busy : current === 'refuse' || mail === null ? manner.refused : null
      if (no === null && mail !== null) all = [...all, mail]
      const { status, body } = no ?? { status: 200, body: manner.ok }
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    answer().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    taken: () => all,
    mode(next) {
      current = next
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

/** https://postmarkapp.com/developer/api/email-api and /developer/api/overview#error-codes */
export const postmarkManner: VendorManner = {
  read({ method, path, headers, text }) {
    if (method !== 'POST' || path !== '/email' || headers['x-postmark-server-token'] !== 'token') return null
    if (headers.accept !== 'application/json' || headers['content-type'] !== 'application/json') return null
    const { From, To, Subject, TextBody, HtmlBody, MessageStream, Metadata, ...rest } = JSON.parse(text) as Record<
      string,
      string
    >
    const isWhole = MessageStream === 'outbound' && Metadata !== undefined && Object.keys(rest).length === 0
    if (!isWhole || From === undefined || To === undefined) return null
    return { from: From, to: To, subject: Subject ?? '', text: TextBody ?? '', html: HtmlBody ?? '' }
  },
  ok: { To: 'x', SubmittedAt: '2026-01-01T00:00:00Z', MessageID: 'x', ErrorCode: 0, Message: 'OK' },
  refused: { status: 422, body: { ErrorCode: 300, Message: 'Invalid email request' } },
  busy: { status: 429, body: { ErrorCode: 429, Message: 'Rate limit exceeded' } },
}

interface SesBody {
  readonly FromEmailAddress: string
  readonly Destination: { readonly ToAddresses: readonly string[] }
  readonly Content: {
    readonly Simple: {
      readonly Subject: { readonly Data: string }
      readonly Body: { readonly Text: { readonly Data: string }; readonly Html: { readonly Data: string } }
    }
  }
}

/** https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */
export const sesManner = (key: {
  readonly id: string
  readonly secret: string
  readonly region: string
}): VendorManner => ({
  read(asked) {
    if (asked.method !== 'POST' || asked.path !== '/v2/email/outbound-emails' || !isSigned(asked, key)) return null
    const { FromEmailAddress: from, Destination, Content } = JSON.parse(asked.text) as SesBody
    const { Subject, Body } = Content.Simple
    const [to = ''] = Destination.ToAddresses
    return { from, to, subject: Subject.Data, text: Body.Text.Data, html: Body.Html.Data }
  },
  ok: { MessageId: 'x' },
  refused: { status: 400, body: { message: 'Email address is not verified.' } },
  busy: { status: 429, body: { message: 'Too many requests' } },
})

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** Signature Version 4 written down again, so that the library which signs is not its own judge. */
function isSigned(
  { method, path, headers, text }: Asked,
  { id, secret, region }: { readonly id: string; readonly secret: string; readonly region: string },
): boolean {
  const pattern = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
  const [, credential = '', names = '', signature = ''] = pattern.exec(headers.authorization ?? '') ?? []
  const at = String(headers['x-amz-date'])
  const scope = `${at.slice(0, 8)}/${region}/ses/aws4_request`
  if (credential !== `${id}/${scope}`) return false
  const lines = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = [method, path, '', lines.join(''), names, sha256(text)].join('\n')
  const dated = mac(`AWS4${secret}`, at.slice(0, 8))
  const key = mac(mac(mac(dated, region), 'ses'), 'aws4_request')
  return mac(key, ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')).toString('hex') === signature
}
