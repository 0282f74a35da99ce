// Builds the script of the hosted pages into a file of src/pages, as text: what a page carries is in the repository as it
// will be sent, and a test says when it is not what the source says.
import { writeFileSync } from 'node:fs'
import { pageScript, pageScriptFile } from './dev/page-script.ts'

writeFileSync(pageScriptFile, await pageScript())
console.log(`wrote ${pageScriptFile}`)
