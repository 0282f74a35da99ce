import { build } from 'esbuild'
import { inProject } from './project.ts'

export const pageScriptFile = inProject('src', 'pages', 'passkey-script.ts')

const head = '// Built from src/browser/passkeys.ts by `npm run page-scripts`; do not edit it here.'

/** A module of one string. Down to what browsers with passkeys understand, so that no build of a bundler touches it again. */
export const pageScript = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [inProject('src', 'browser', 'passkeys.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'ascii',
    legalComments: 'none',
  })
  const code = (outputFiles[0]?.text ?? '').trim()
  // oxfmt writes strings with single quotes where that needs fewer backslashes.
  const text = code.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')
  return `${head}\nexport const passkeyScript =\n  '${text}'\n`
}
