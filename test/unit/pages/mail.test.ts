import { describe, expect, it } from 'vitest'
import { alreadyRegisteredMail } from '../../../src/pages/mail/already-registered-mail.ts'
import { codeMail } from '../../../src/pages/mail/code-mail.ts'
import { en as texts } from '../../../src/pages/texts/en.ts'
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
