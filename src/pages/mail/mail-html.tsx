/** @jsxImportSource hono/jsx */
import { readableTextOn } from '../colour.ts'
import type { Texts } from '../texts/en.ts'
import { accentOf, type Theme } from '../theme.ts'

export type Mail = { readonly subject: string; readonly text: string; readonly html: string }

export type MailBody = {
  readonly theme: Theme
  readonly texts: Texts
  readonly heading: string
  readonly lead: string
  readonly link: string
  readonly button: string
  readonly code?: { readonly lead: string; readonly value: string }
  readonly small: readonly string[]
}

// Mail programs drop style elements, so the styles stand at the elements; fixed light colours, as some invert on their own.
const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
const TEXT = `${FONT};font-size:16px;line-height:1.55;color:#20252a;margin:0 0 20px`
const SMALL = `${FONT};font-size:14px;line-height:1.5;color:#5a5f66;margin:0 0 10px;word-break:break-word`
const CODE = 'font-family:Menlo,Consolas,monospace;font-size:30px;letter-spacing:6px;color:#20252a;margin:0 0 24px'
const CARD = 'background:#fffdf9;border:1px solid #ded8cc;border-radius:16px;padding:32px'
const HEADING =
  'font-family:Georgia,serif;font-size:26px;line-height:1.25;color:#20252a;margin:0 0 16px;font-weight:600'

const Button = ({ theme, link, text }: { theme: Theme; link: string; text: string }) => {
  const accent = accentOf(theme, 'light')
  const look = `display:inline-block;padding:13px 24px;border-radius:10px;background:${accent};color:${readableTextOn(accent)}`
  return (
    <p style="margin:0 0 24px">
      <a href={link} style={`${FONT};font-size:16px;font-weight:600;text-decoration:none;${look}`}>
        {text}
      </a>
    </p>
  )
}

const Card = ({ body }: { body: MailBody }) => (
  <td style={CARD}>
    <p style={`${FONT};font-size:15px;font-weight:600;color:#5a5f66;margin:0 0 20px`}>{body.theme.name}</p>
    <h1 style={HEADING}>{body.heading}</h1>
    <p style={TEXT}>{body.lead}</p>
    <Button theme={body.theme} link={body.link} text={body.button} />
    {body.code === undefined ? null : (
      <>
        <p style={TEXT}>{body.code.lead}</p>
        <p style={CODE}>{body.code.value}</p>
      </>
    )}
    {body.small.map((line) => (
      <p style={SMALL}>{line}</p>
    ))}
    <p style={SMALL}>
      {body.texts.mail.linkHint}
      <br />
      {body.link}
    </p>
  </td>
)

export function mailHtml(body: MailBody): string {
  const document = (
    <html lang={body.texts.lang} dir={body.texts.dir}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{body.heading}</title>
      </head>
      <body style="margin:0;padding:0;background:#f1eee8">
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border={0}>
          <tr>
            <td align="center" style="padding:32px 12px">
              <table
                role="presentation"
                width="100%"
                cellpadding="0"
                cellspacing="0"
                border={0}
                style="max-width:520px"
              >
                <tr>
                  <Card body={body} />
                </tr>
              </table>
            </td>
          </tr>
        </table>
      </body>
    </html>
  )
  return `<!doctype html>${String(document)}`
}
