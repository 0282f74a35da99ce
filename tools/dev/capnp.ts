import type { BundleModule } from './bundle.ts'

export type DurableObject = { binding: string; className: string }

export type WorkerdConfig = {
  /** The entry point has to come first. */
  modules: BundleModule[]
  ports: number[]
  /** By socket, where it is not the default one. */
  entrypoints?: (string | undefined)[]
  host: string
  bindings: Record<string, string>
  /** Service bindings by name, and the HTTP server behind each. */
  services: Record<string, string>
  durableObjects: DurableObject[]
  compatibilityDate: string
  compatibilityFlags: string[]
  isolates: number
  storageDir: string | undefined
  /** Host and port of an HTTP proxy that every fetch goes through, https included; for tests. */
  outboundProxy?: string | undefined
  /** A request header whose JSON becomes `request.cf`, as Cloudflare would fill it in. */
  cfHeader: string | undefined
}

/** Cap'n Proto knows no \u escapes, so not JSON.stringify; whatever is beyond ASCII may stand as it is. */
const text = (value: string): string =>
  `"${value.replaceAll(/["\\]|\p{Cc}/gu, (character) => {
    const code = character.charCodeAt(0)
    return code > 127 ? character : `\\x${code.toString(16).padStart(2, '0')}`
  })}"`

const list = (items: string[]): string => (items.length === 0 ? '[]' : `[\n    ${items.join(',\n    ')}\n  ]`)

const workerName = (isolate: number): string => (isolate === 0 ? 'gateway' : `gateway-${isolate + 1}`)

const serviceName = (binding: string): string => `service-${binding}`

const worker = (config: WorkerdConfig, isolate: number): string => {
  const texts = Object.entries(config.bindings).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`)
  const services = Object.keys(config.services).map(
    (name) => `(name = ${text(name)}, service = ${text(serviceName(name))})`,
  )
  // The other isolates run the same code but own no objects: theirs are those of the first, as on Cloudflare's network.
  const namespaces = config.durableObjects.map(({ binding, className }) =>
    isolate === 0
      ? `(name = ${text(binding)}, durableObjectNamespace = ${text(className)})`
      : `(name = ${text(binding)}, durableObjectNamespace = (className = ${text(className)}, serviceName = ${text(workerName(0))}))`,
  )
  const own =
    isolate > 0 || config.durableObjects.length === 0
      ? ''
      : `,
  durableObjectNamespaces = ${list(config.durableObjects.map(({ className }) => `(className = ${text(className)}, uniqueKey = ${text(`portcullis-${className}`)}, enableSql = true)`))},
  durableObjectStorage = ${config.storageDir === undefined ? '(inMemory = void)' : '(localDisk = "storage")'}`
  return `const worker${isolate} :Workerd.Worker = (
  modules = ${list(config.modules.map(({ name, kind }) => `(name = ${text(name)}, ${kind} = embed ${text(`modules/${name}`)})`))},
  compatibilityDate = ${text(config.compatibilityDate)},
  compatibilityFlags = ${list(config.compatibilityFlags.map(text))},
  bindings = ${list([...texts, ...services, ...namespaces])},
  globalOutbound = "internet"${own}
);
`
}

const designated = (service: string, entrypoint: string | undefined): string =>
  entrypoint === undefined ? text(service) : `(name = ${text(service)}, entrypoint = ${text(entrypoint)})`

export const workerdConfig = (config: WorkerdConfig): string => {
  const isolates = Array.from({ length: config.isolates }, (_, isolate) => isolate)
  const services = [
    ...isolates.map((isolate) => `(name = ${text(workerName(isolate))}, worker = .worker${isolate})`),
    // Origins, databases and vendors stand on this very machine here.
    config.outboundProxy === undefined
      ? `(name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true)))`
      : `(name = "internet", external = (address = ${text(config.outboundProxy)}, http = (style = proxy)))`,
    ...Object.entries(config.services).map(
      ([name, address]) => `(name = ${text(serviceName(name))}, external = (address = ${text(address)}, http = ()))`,
    ),
    ...(config.storageDir === undefined
      ? []
      : [`(name = "storage", disk = (path = ${text(config.storageDir)}, writable = true))`]),
  ]
  const sockets = config.ports.map(
    (port, i) =>
      `(name = "http${i}", address = ${text(`${config.host}:${port}`)}, http = (${config.cfHeader === undefined ? '' : `cfBlobHeader = ${text(config.cfHeader)}`}), service = ${designated(workerName(Math.min(i, config.isolates - 1)), config.entrypoints?.[i])})`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = ${list(services)},
  sockets = ${list(sockets)}
);

${isolates.map((isolate) => worker(config, isolate)).join('\n')}`
}
