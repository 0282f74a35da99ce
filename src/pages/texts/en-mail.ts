/** What mails say; `{word}` is filled in as in the pages. */
export const enMail = {
  verification: {
    subject: 'Confirm your email address for {site}',
    heading: 'Confirm your email address',
    lead: 'Somebody, hopefully you, signed up at {site} with this address. Open this link to confirm it:',
    button: 'Confirm my address',
    codeLead: 'Or enter this code on the page where you signed up:',
    expiry: 'The link works for {link} and the code for {code}, each once.',
    aside: 'It was not you? Then ignore this message; nothing will happen.',
  },
  alreadyRegistered: {
    subject: 'You already have an account at {site}',
    heading: 'You already have an account',
    lead: 'Somebody, hopefully you, tried to sign up at {site} with this address. It already has an account, so no new one was created. You can sign in here:',
    button: 'Sign in',
    aside: 'It was not you? Then ignore this message; nobody was told that this account exists.',
  },
  linkHint: 'If the button does not work, copy this address into your browser:',
}
