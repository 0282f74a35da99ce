/** A program's post, from a network of its own. */
export const jsonRequest = (
  path: string,
  port: number,
  body: unknown,
  ip: string,
  more: readonly string[] = [],
): Buffer => {
  const text = JSON.stringify(body)
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: localhost:${port}`,
    'accept: application/json',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    `cf-connecting-ip: ${ip}`,
    ...more,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${text}`)
}

/** A request as a browser sends it behind Cloudflare, ready for the wire; the same for every server but for `more`. */
export const browserRequest = (path: string, port: number, cookie: string, more: readonly string[] = []): Buffer =>
  Buffer.from(
    [
      `GET ${path} HTTP/1.1`,
      `host: localhost:${port}`,
      'user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'accept-language: en-GB,en;q=0.5',
      'accept-encoding: gzip, br',
      'sec-fetch-site: same-origin',
      'sec-fetch-mode: navigate',
      'cf-connecting-ip: 203.0.113.7',
      `cookie: theme=dark${cookie === '' ? '' : `; ${cookie}`}`,
      ...more,
      '\r\n',
    ].join('\r\n'),
  )
