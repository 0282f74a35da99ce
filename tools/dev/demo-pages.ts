export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const links = [
  ['/', 'Home'],
  ['/public/about', 'Public'],
  ['/private', 'Private'],
  ['/admin', 'Admin'],
  ['/form', 'Form'],
  ['/headers', 'Headers'],
] as const

/** `body` is HTML; everything else is text. */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Demo site</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; background: #fff }
nav a { margin-right: 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere }
</style>
</head>
<body>
<nav aria-label="Pages">${links.map(([path, name]) => `<a href="${path}">${name}</a>`).join('')}</nav>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`

export const table = (head: [string, string], rows: [string, string][]): string =>
  `<table><thead><tr><th scope="col">${escapeHtml(head[0])}</th><th scope="col">${escapeHtml(head[1])}</th></tr></thead><tbody>${rows
    .map(([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`)
    .join('')}</tbody></table>`

export const homePage = (): string =>
  page(
    'Demo site',
    `<p>A small site that knows nothing about passwords: it believes what the gateway in front of it says.</p>
<ul>
<li><a href="/public/about">A public page</a> for everybody</li>
<li><a href="/private">A private page</a> that shows who you are</li>
<li><a href="/admin">An administration page</a></li>
<li><a href="/api/me">The same as JSON</a></li>
<li><a href="/form">A form</a> and <a href="/headers">the request as it arrived here</a></li>
<li><a href="/download?bytes=1000000&amp;seed=demo">A download</a>, <a href="/events">events</a>, <a href="/cookies">cookies</a>,
<a href="/gzip">gzip</a>, <a href="/brotli">brotli</a>, <a href="/slow?ms=1000">a slow page</a>, <a href="/redirect?to=/public/about">a redirect</a></li>
</ul>`,
  )

/** A link is enough: the gateway's page behind it asks, and sends the form with the token that only it knows. */
export const signOutLink = `<p><a href="/auth/account">Your account</a> · <a href="/auth/logout">Sign out</a></p>`
