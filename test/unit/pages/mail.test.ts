import { describe, expect, it } from 'vitest'
import { alreadyRegisteredMail } from '../../../src/pages/mail/already-registered-mail.ts'
import { changedMail } from '../../../src/pages/mail/changed-mail.ts'
import { codeMail } from '../../../src/pages/mail/code-mail.ts'
import type { Mail } from '../../../src/pages/mail/mail-html.tsx'
import { type ChangeKey, type Texts, en as texts } from '../../../src/pages/texts/en.ts'
import { languages } from '../../../src/pages/texts/languages.ts'
import { defaultTheme } from '../../../src/pages/theme.ts'
import { HOSTILE } from './samples.ts'

const link = 'https://site.example/auth/verify-email?token=abc&x=1'
const hostile = { ...defaultTheme, name: `A\r\nBcc: x@y.z ${HOSTILE}`, logoUrl: HOSTILE, accentColor: HOSTILE }
const props = {
  theme: defaultTheme,
  texts,
  about: 'verification' as const,
  link,
  code: '048213',
  linkForS: 7200,
  codeForS: 900,
}

describe('verification mail', () => {
  it('says the same as text and as HTML', () => {
    const mail = codeMail(props)
    expect(mail.subject).toBe('Confirm your email address for Portcullis')
    expect(mail.text.split('\n')).toEqual(expect.arrayContaining([link, '048213']))
    expect(mail.text.match(/\b\d{6}\b/g)).toEqual(['048213'])
    expect(mail.html).toContain('href="https://site.example/auth/verify-email?token=abc&amp;x=1"')
    expect(mail.html).toContain('>048213</p>')
    for (const part of [mail.text, mail.html]) expect(part).toMatch(/link works for 2 hours.* code for 15 minutes/)
    expect(`${mail.text}${mail.html}`).not.toMatch(/undefined|\[object|\{\w+\}/)
  })

  it('escapes, and keeps a hostile name in one line', () => {
    const mail = codeMail({ ...props, theme: hostile, link: `${link}${HOSTILE}`, code: HOSTILE })
    expect(mail.subject).not.toMatch(/[\r\n]/)
    expect(mail.html).not.toMatch(/<script|<img/i)
    expect(mail.html).toContain('&lt;script&gt;')
  })
})

describe('mail for an address which has an account', () => {
  it('leads to the sign-in page and holds no code', () => {
    const mail = alreadyRegisteredMail({ theme: defaultTheme, texts, link: 'https://site.example/auth/login' })
    expect(mail.subject).toBe('You already have an account at Portcullis')
    expect(mail.text.split('\n')).toContain('https://site.example/auth/login')
    expect(mail.text).not.toMatch(/\d{6}/)
    expect(mail.html).toContain('href="https://site.example/auth/login"')
  })

  it('escapes, and keeps a hostile name in one line', () => {
    const mail = alreadyRegisteredMail({ theme: hostile, texts, link: HOSTILE })
    expect(mail.subject).not.toMatch(/[\r\n]/)
    expect(mail.html).not.toMatch(/<script|<img/i)
  })
})

/** One of each kind there is: the words of a mail stand under its name. */
const kinds: Readonly<Record<Exclude<keyof Texts['mail'], 'linkHint'>, (words: Texts) => readonly Mail[]>> = {
  verification: (words) => [codeMail({ ...props, texts: words, about: 'verification' })],
  reset: (words) => [codeMail({ ...props, texts: words, about: 'reset' })],
  magicLink: (words) => [codeMail({ ...props, texts: words, about: 'magicLink' })],
  alreadyRegistered: (words) => [alreadyRegisteredMail({ theme: defaultTheme, texts: words, link })],
  changed: (words) =>
    (Object.keys(words.mail.changed.by) as ChangeKey[]).map((change) =>
      changedMail({ theme: defaultTheme, texts: words, change, link }),
    ),
}
const withCode = ['verification', 'reset', 'magicLink']

/** What a person sees of HTML, a line for each element that holds words. */
function linesOf(html: string): readonly string[] {
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return html
    .replace(/<head>[\s\S]*?<\/head>/, '')
    .split(/<[^>]*>/)
    .map((line) => line.replace(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole).trim())
    .filter((line) => line !== '')
}

describe.each(Object.entries(languages))('every mail in %s', (code, words) => {
  it.each(Object.entries(kinds))('says the same as text and as HTML: %s', (kind, made) => {
    const mails = made(words)
    expect(mails.length).toBeGreaterThan(0)
    for (const { subject, text, html } of mails) {
      const [shown, said] = [linesOf(html), text.trimEnd().split('\n\n')]
      expect(html).toContain(`<html lang="${code}"`)
      for (const line of said) expect(shown).toContain(line)
      // The other way round: what only the HTML has is its head, its heading, its button and what to do without that.
      const { button } = words.mail[kind as keyof typeof kinds]
      const frame = [defaultTheme.name, shown[1], button]
      expect(shown.filter((line) => !said.includes(line) && !frame.includes(line))).toEqual([words.mail.linkHint])
      expect(shown).toContain(button)
      expect(text.match(/https?:\/\/\S+/g)).toEqual([link])
      expect([...html.matchAll(/href="([^"]*)"/g)].map(([, to]) => to)).toEqual([link.replaceAll('&', '&amp;')])
      const codes = withCode.includes(kind) ? [props.code] : []
      expect(text.match(/\b\d{6}\b/g) ?? []).toEqual(codes)
      expect(shown.filter((line) => /\b\d{6}\b/.test(line))).toEqual(codes)
      expect(subject).toContain(defaultTheme.name)
      expect(`${subject}${text}${html}`).not.toMatch(/undefined|\[object|\{\w+\}/)
    }
  })

  it('is in its own words', () => {
    const others = Object.values(languages).filter((other) => other !== words)
    for (const made of Object.values(kinds)) {
      const own = made(words)
      for (const other of others)
        made(other).forEach(({ subject, text }, index) => {
          expect(own[index]?.subject).not.toBe(subject)
          expect(own[index]?.text).not.toBe(text)
        })
    }
  })
})
