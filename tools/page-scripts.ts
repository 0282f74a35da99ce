// Builds the scripts of the hosted pages into files of src/pages, as text: what a page carries is in the repository as it
// will be sent, and a test says when it is not what the source says.
import { writeFileSync } from 'node:fs'
import { pageScript, pageScriptFile, pageScripts } from './dev/page-script.ts'

for (const script of pageScripts) {
  writeFileSync(pageScriptFile(script), await pageScript(script))
  console.log(`wrote ${pageScriptFile(script)}`)
}
