import { describe, expect, it } from 'vitest'
import { typedCode } from '../../../src/login/mailed-fields.ts'
import { checkMailPage } from '../../../src/pages/check-mail-page.tsx'
import { loginPage } from '../../../src/pages/login-page.tsx'
import { signUpPage } from '../../../src/pages/signup-page.tsx'
import { en as texts } from '../../../src/pages/texts/en.ts'
import { verifyEmailPage } from '../../../src/pages/verify-email-page.tsx'
import { actions, base, html, input, links } from './read-page.ts'

describe('login page', () => {
  const props = {
    ...base,
    returnTo: '/basket?a=1&b=2',
    signUpEnabled: true,
    magicLinkEnabled: true,
    phoneEnabled: true,
    passkey: null,
  }

  it('has the fields password managers know', () => {
    const page = loginPage(props)
    expect(actions(page)).toEqual(['/auth/login'])
    expect(input(page, 'email')).toMatchObject({ type: 'email', autocomplete: 'username', inputmode: 'email' })
    expect(input(page, 'password')).toMatchObject({ type: 'password', autocomplete: 'current-password' })
    expect(input(page, 'return_to')).toMatchObject({ type: 'hidden', value: '/basket?a=1&amp;b=2' })
  })

  it('keeps the way back when leading to sign-up', () => {
    expect(html(loginPage(props))).toContain('href="/auth/signup?return_to=%2Fbasket%3Fa%3D1%26b%3D2"')
    expect(html(loginPage({ ...props, returnTo: null }))).toContain('href="/auth/signup"')
    expect(html(loginPage({ ...props, signUpEnabled: false }))).not.toContain('/signup')
    expect(input(loginPage({ ...props, returnTo: null }), 'return_to')).toEqual({})
  })

  it('tells of a problem in the title, in an alert and at both fields, and keeps the address', () => {
    const page = loginPage({ ...props, email: 'ada@example.org', problem: 'invalid_credentials' })
    expect(html(page)).toContain('<title>Error: Sign in – Portcullis</title>')
    expect(html(page)).toContain('<div class="problem" role="alert" id="problem">')
    expect(input(page, 'email')).toMatchObject({ value: 'ada@example.org', 'aria-invalid': 'true' })
    expect(input(page, 'password')).toMatchObject({ 'aria-describedby': 'problem', autofocus: '' })
    expect(input(page, 'password')).not.toHaveProperty('value')
  })

  it('says when to try again, blaming no field', () => {
    const page = loginPage({ ...props, problem: 'rate_limited', retryAfterS: 100 })
    expect(html(page)).toContain('Try again in 2 minutes.')
    expect(input(page, 'email')).not.toHaveProperty('aria-invalid')
  })
})

describe('sign-up page', () => {
  const wrong = signUpPage({
    ...base,
    returnTo: '/x',
    name: 'Ada',
    email: 'ada@',
    fields: { email: texts.fieldProblems.email_invalid, password: undefined },
  })

  it('asks for a new password within the limits and for a name if one likes', () => {
    const page = signUpPage({ ...base, returnTo: null })
    expect(actions(page)).toEqual(['/auth/signup'])
    expect(input(page, 'password')).toMatchObject({ autocomplete: 'new-password', minlength: '8', maxlength: '256' })
    expect(input(page, 'password')).toHaveProperty('required')
    expect(input(page, 'name')).not.toHaveProperty('required')
    expect(html(page)).not.toContain('role="alert"')
  })

  it('shows an error at its field and in the summary, and keeps what was typed', () => {
    expect(input(wrong, 'email')).toMatchObject({ value: 'ada@', 'aria-describedby': 'email-error', autofocus: '' })
    expect(input(wrong, 'name')).toMatchObject({ value: 'Ada' })
    expect(input(wrong, 'password')).not.toHaveProperty('aria-invalid')
    expect(html(wrong)).toContain('<a href="#email">Email address: Enter an email address')
    expect(html(wrong)).toContain('href="/auth/login?return_to=%2Fx"')
  })
})

describe('mail confirmation pages', () => {
  it('takes a code, or sends another message', () => {
    const page = checkMailPage({ ...base, email: 'ada@example.org' })
    expect(actions(page)).toEqual(['/auth/verify-email', '/auth/resend'])
    expect(input(page, 'code')).toMatchObject({
      autocomplete: 'one-time-code',
      inputmode: 'numeric',
    })
    expect(html(page).match(/name="email" value="ada@example.org"/g)).toHaveLength(2)
    expect(html(page)).toContain('<strong>ada@example.org</strong>')
  })

  it.each([
    ['123456', true],
    ['123 456', true],
    [' 123\u00a0456 ', true],
    ['12345', false],
    ['1234567', false],
    ['12345a', false],
  ])('takes the code %j, or not, as the gateway does', (typed, isTaken) => {
    const { pattern = '', maxlength } = input(checkMailPage({ ...base, email: 'ada@example.org' }), 'code')
    // As browsers read the attribute.
    expect(new RegExp(`^(?:${pattern})$`, 'v').test(typed)).toBe(isTaken)
    expect(typedCode.safeParse(typed).success).toBe(isTaken)
    expect(typedCode.safeParse(`123456${' '.repeat(Number(maxlength) - 6)}`).success).toBe(true)
  })

  it('consumes the token of a link by a button only', () => {
    const page = verifyEmailPage({ ...base, token: 'abc' })
    expect(actions(page)).toEqual(['/auth/verify-email'])
    expect(input(page, 'token')).toMatchObject({ type: 'hidden', value: 'abc' })
    expect(links(page)).toEqual([])
  })
})
