// Plain JavaScript on purpose: it has to run on a Node that is too old for the programs it starts, to say so.
const oldest = 24
const major = Number(process.versions.node.split('.')[0])
const [program, ...rest] = process.argv.slice(2)
if (major < oldest) {
  console.error(
    `Portcullis needs Node ${oldest} and this is ${process.versions.node}: run it by "npm run ${program}" after "npm ci" with install scripts allowed, which puts Node ${oldest} into node_modules.`,
  )
  process.exit(1)
}
process.argv = [process.argv[0], program, ...rest]
await import(new URL(`${program}.ts`, import.meta.url).href)
