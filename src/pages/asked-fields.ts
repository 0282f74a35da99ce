// The fields that several pages ask for, each spelled one way, so that password managers and phones recognise them.
import { PASSWORD_LENGTH } from './form.tsx'
import type { AskedField } from './question-page.tsx'
import type { Texts } from './texts/en.ts'

export const emailField = (texts: Texts, value: string): AskedField => ({
  name: 'email',
  label: texts.fields.email,
  type: 'email',
  autocomplete: 'username',
  value,
  autofocus: true,
  attributes: { inputmode: 'email', autocapitalize: 'none', spellcheck: 'false', maxlength: 254 },
})

export const knownEmailField = (texts: Texts, value: string): AskedField => ({
  name: 'email',
  label: texts.fields.email,
  type: 'email',
  autocomplete: 'username',
  value,
  attributes: { readonly: true },
})

export const newPasswordField = (texts: Texts): AskedField => ({
  name: 'new_password',
  label: texts.fields.new_password,
  type: 'password',
  autocomplete: 'new-password',
  hint: texts.signUp.passwordHint,
  reveal: texts.conveniences.show,
  attributes: {
    minlength: PASSWORD_LENGTH.min,
    maxlength: PASSWORD_LENGTH.max,
    passwordrules: `minlength: ${PASSWORD_LENGTH.min}; maxlength: ${PASSWORD_LENGTH.max};`,
  },
})

export const currentPasswordField = (texts: Texts, blamed: boolean): AskedField => ({
  name: 'current_password',
  label: texts.fields.current_password,
  type: 'password',
  autocomplete: 'current-password',
  blamed,
  autofocus: true,
  reveal: texts.conveniences.show,
  attributes: { maxlength: PASSWORD_LENGTH.max },
})

/** Six digits out of a mail or an app, with spaces where people put them: pasted `123 456` has to arrive whole. */
export const codeField = (texts: Texts, blamed: boolean): AskedField => ({
  name: 'code',
  label: texts.fields.code,
  type: 'text',
  autocomplete: 'one-time-code',
  blamed,
  autofocus: true,
  takesCode: true,
  attributes: {
    class: 'code',
    inputmode: 'numeric',
    pattern: '\\s*(?:[0-9]\\s*){6}',
    maxlength: 32,
    title: texts.fieldProblems.code_invalid,
  },
})

/** Of an app, or one of the codes that were written down: so longer, and not only digits. */
export const factorField = (texts: Texts, blamed: boolean): AskedField => ({
  name: 'code',
  label: texts.mfa.code,
  type: 'text',
  autocomplete: 'one-time-code',
  hint: texts.mfa.codeHint,
  blamed,
  autofocus: true,
  attributes: { maxlength: 20, autocapitalize: 'none', spellcheck: 'false' },
})

export const phoneField = (texts: Texts, value: string): AskedField => ({
  name: 'phone',
  label: texts.fields.phone,
  type: 'tel',
  autocomplete: 'tel',
  hint: texts.phone.hint,
  value,
  autofocus: true,
  attributes: { inputmode: 'tel', maxlength: 40 },
})
