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
  reset: {
    subject: 'Choose a new password for {site}',
    heading: 'Choose a new password',
    lead: 'Somebody, hopefully you, asked for a new password at {site}. Open this link to choose one:',
    button: 'Choose a new password',
    codeLead: 'Or enter this code on the page where you asked:',
    expiry: 'The link and the code work for {link}, and only one of them once.',
    aside: 'It was not you? Then ignore this message; your password stays as it is.',
  },
  magicLink: {
    subject: 'Sign in to {site}',
    heading: 'Sign in',
    lead: 'Somebody, hopefully you, asked to sign in to {site}. Open this link to do so:',
    button: 'Sign in',
    codeLead: 'Or enter this code on the page where you asked:',
    expiry: 'The link and the code work for {link}, and only one of them once.',
    aside: 'It was not you? Then ignore this message, and give the code to nobody.',
  },
  changed: {
    subject: 'A change to your account at {site}',
    button: 'Open my account',
    aside: 'It was not you? Then choose a new password at once, by “Forgot your password?” on the sign-in page.',
    by: {
      password_changed: {
        heading: 'Your password was changed',
        lead: 'The password of your account at {site} was changed, and other devices were signed out.',
      },
      password_imported: {
        heading: 'A password was added',
        lead: 'Your account at {site} takes the password that you had there before, and other devices were signed out.',
      },
      factor_added: {
        heading: 'Two-step sign-in was switched on',
        lead: 'An authenticator app was set up for your account at {site}, and other devices were signed out.',
      },
      factor_removed: {
        heading: 'Two-step sign-in was switched off',
        lead: 'The authenticator app of your account at {site} was removed, and other devices were signed out.',
      },
      phone_added: {
        heading: 'A phone was set up',
        lead: 'A phone was set up for your account at {site}, and other devices were signed out.',
      },
      phone_removed: {
        heading: 'A phone was removed',
        lead: 'The phone of your account at {site} was removed, and other devices were signed out.',
      },
      identity_connected: {
        heading: 'A way to sign in was added',
        lead: 'An account at another site was connected to your account at {site}, and can sign in to it from now on. Other devices were signed out.',
      },
      identity_disconnected: {
        heading: 'A way to sign in was removed',
        lead: 'An account at another site was disconnected from your account at {site}, and other devices were signed out.',
      },
      passkey_added: {
        heading: 'A passkey was added',
        lead: 'A passkey was added to your account at {site}. It signs in without the password. Other devices were signed out.',
      },
      passkey_removed: {
        heading: 'A passkey was removed',
        lead: 'A passkey of your account at {site} was removed, and other devices were signed out.',
      },
      account_deleted: {
        heading: 'Your account was deleted',
        lead: 'Your account at {site} was deleted and signed out everywhere. If that was not you, write to whoever runs the site soon: for some time it can be brought back.',
      },
      codes_reissued: {
        heading: 'New backup codes were made',
        lead: 'New backup codes were made for your account at {site}. The ones before do not work any more.',
      },
    },
  },
  linkHint: 'If the button does not work, copy this address into your browser:',
}
