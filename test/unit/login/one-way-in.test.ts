// A login succeeds in one way: whoever has the record open a session hands it over by login/complete.ts, and where a first
// factor was proven, the statement asks for the second. Read off the source: no test of one way in would notice another.
import { describe, expect, it } from 'vitest'
import { type SourceFile, readSources } from '../../support/architecture/sources.ts'

const sources = readSources()
const statements = sources.filter(({ path }) => path.startsWith('db/queries/'))
const others = sources.filter(({ path }) => !path.startsWith('db/queries/'))
const complete = 'login/complete.ts'

const pathsWith = (pattern: RegExp, files: readonly SourceFile[] = sources): string[] =>
  files.filter(({ text }) => pattern.test(text)).map(({ path }) => path)

/** The functions of a file and their text, from one to the next. */
function functionsOf({ text }: SourceFile): { name: string; body: string }[] {
  return text
    .split(/^(?=(?:export )?(?:async )?function )/m)
    .map((body) => ({ name: /function (\w+)/.exec(body)?.[1] ?? '', body }))
    .filter(({ name }) => name !== '')
}

const all = statements.flatMap(functionsOf)
const calling = (...names: readonly string[]): string[] =>
  all
    .filter(({ name, body }) => !names.includes(name) && names.some((one) => body.includes(`\${${one}(`)))
    .map(({ name }) => name)
    .toSorted()

describe('a session', () => {
  it('is written by two statements: that of every login, and that of an application’s sign-in for a session there is', () => {
    expect(pathsWith(/insert into sessions\b/)).toEqual(['db/queries/oauth-codes.ts', 'db/queries/sessions.ts'])
  })

  it('is opened after a first factor by the part that asks for the second, and else by what proves or adds one', () => {
    expect(calling('insertSession')).toEqual(['confirmPhone', 'confirmTotp', 'enterByFactor', 'openOrPause'])
  })

  it('is handed over by login/complete.ts, whichever statement has opened it', () => {
    const opening = [...calling('openOrPause'), 'confirmPhone', 'confirmTotp', 'enterByFactor']
    expect(opening.length).toBeGreaterThanOrEqual(8)
    for (const name of opening) {
      const users = pathsWith(new RegExp(`\\b${name}\\(`), others)
      expect(users.length, name).toBeGreaterThan(0)
      for (const path of users) {
        const file = sources.find((one) => one.path === path)
        const uses = file?.imports.some(({ target, isTypeOnly }) => target === complete && !isTypeOnly)
        expect([path, uses === true && /\b(?:completeLogin|openSession)\(/.test(file?.text ?? '')]).toEqual([
          path,
          true,
        ])
      }
    }
  })

  it('is handed over without the question for a second factor only where that was just answered or added', () => {
    expect(pathsWith(/\bopenSession\(/).filter((path) => path !== complete)).toEqual([
      'login/phone/enrol.ts',
      'login/phone/factor.ts',
      'login/second-factor/enrol.ts',
      'login/second-factor/prove.ts',
    ])
  })

  it('gets its cookie there, and a new one where its secret is replaced', () => {
    expect(pathsWith(/\bsessionCookie\(/).filter((path) => path !== 'sessions/cookie.ts')).toEqual([
      complete,
      'stages/authenticate.ts',
    ])
  })
})
