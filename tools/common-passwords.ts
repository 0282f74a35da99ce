// Writes src/login/password/top-passwords.ts anew, from the ranked list of @zxcvbn-ts/language-common:
// node tools/run.mjs common-passwords
import { writeFileSync } from 'node:fs'
import { dictionary } from '@zxcvbn-ts/language-common'
import { inProject } from './dev/project.ts'

const lineLength = 1900

/** Sorted, each word told by how much of the one before it begins with (in base 36) and the rest: 22 KB less to ship. */
function packed(words: readonly string[]): string {
  let before = ''
  return words
    .map((word) => {
      let shared = 0
      while (shared < Math.min(35, before.length, word.length) && word[shared] === before[shared]) shared += 1
      before = word
      return shared.toString(36) + word.slice(shared)
    })
    .join(' ')
}

const words = [...new Set(dictionary['passwords-common'].slice(0, 10_000))].toSorted()
const lines = packed(words).match(new RegExp(`.{1,${lineLength}}(?: |$)`, 'g')) ?? []
const text = `// The 10,000 passwords that most people have, by the ranked list of zxcvbn (MIT licence). Written by tools/common-passwords.ts:
// sorted, each as the number of characters (base 36) that it shares with the one before, and the rest.
const packed = \`
${lines.map((line) => line.trim()).join('\n')}
\`

let unpacked: ReadonlySet<string> | undefined

/** Unpacked when it is first asked for: no request that sets no password pays for it. */
export function topPasswords(): ReadonlySet<string> {
  return (unpacked ??= unpack())
}

function unpack(): ReadonlySet<string> {
  const words = new Set<string>()
  let word = ''
  for (const entry of packed.trim().split(/\\s+/)) {
    word = word.slice(0, Number.parseInt(entry.slice(0, 1), 36)) + entry.slice(1)
    words.add(word)
  }
  return words
}
`
writeFileSync(inProject('src', 'login', 'password', 'top-passwords.ts'), text)
