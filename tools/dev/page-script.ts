import { build } from 'esbuild'
import { inProject } from './project.ts'

/** Built from src/browser into a module of src/pages with one string of that name. */
export const pageScripts = [
  { source: 'passkeys.ts', built: 'passkey-script.ts', name: 'passkeyScript' },
  { source: 'conveniences.ts', built: 'convenience-script.ts', name: 'convenienceScript' },
] as const

export type PageScriptEntry = (typeof pageScripts)[number]

export const pageScriptFile = ({ built }: PageScriptEntry): string => inProject('src', 'pages', built)

/** Down to what browsers with passkeys understand, so that no build of a bundler touches it again. */
export const pageScript = async ({ source, name }: PageScriptEntry): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [inProject('src', 'browser', source)],
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
  const head = `// Built from src/browser/${source} by \`npm run page-scripts\`; do not edit it here.`
  return `${head}\nexport const ${name} =\n  '${text}'\n`
}
